// Every setting of the daemon: what it is, what it means, where it comes from, and a field to change it.
import { Button, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { ApiProblem, call } from "../api/client.ts";
import { useSettings } from "../api/queries.ts";
import type { Setting } from "../api/shapes.ts";
import { useApp } from "../app-context.ts";
import { messages } from "../messages.ts";
import { Icon } from "../parts/icon.tsx";
import layout from "../parts/layout.module.css";
import { PeerText } from "../parts/peer-text.tsx";
import { LoadError, Skeleton } from "../parts/states.tsx";
import style from "./settings.module.css";

const text = messages.settings;

export function AllSettings() {
  const { data, error, refetch } = useSettings();
  const [words, setWords] = useState("");
  if (data === undefined) {
    return error === null ? <Skeleton rows={4} /> : <LoadError error={error} onRetry={() => void refetch()} />;
  }
  const wanted = words.trim().toLowerCase().split(/\s+/);
  const found = data.items.filter(({ key, description }) => {
    const all = `${key} ${description}`.toLowerCase();
    return wanted.every((word) => all.includes(word));
  });
  return (
    <>
      <TextInput
        aria-label={text.find}
        placeholder={text.find}
        leftSection={<Icon name="search" size={16} />}
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        autoComplete="off"
      />
      {found.length === 0 && <p className={layout.soft}>{text.none}</p>}
      <ul className={layout.lines}>
        {found.map((setting) => (
          <Row key={setting.key} setting={setting} />
        ))}
      </ul>
    </>
  );
}

function Row({ setting }: { readonly setting: Setting }) {
  const { client, toasts } = useApp();
  const [draft, setDraft] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const { key, value, pinned } = setting;
  const isDefault = same(value, setting.default);

  const set = async (next: unknown) => {
    try {
      await call("PATCH", "settings", { body: { [key]: next } });
      setDraft(undefined);
      setProblem(undefined);
      const before = value;
      toasts.say(text.changed, key, { label: messages.undo, run: () => void set(isDefault ? null : before) });
      await Promise.all([
        client.invalidateQueries({ queryKey: ["settings"] }),
        client.invalidateQueries({ queryKey: ["limits"] }),
      ]);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(`${error.message} ${error.hint}`);
    }
  };
  return (
    <li className={style.setting}>
      <div className={style.settingText}>
        <code>{key}</code>
        <p>{setting.description}</p>
        <p className={style.marks}>
          {pinned && (
            <span>
              <Icon name="lock" size={14} /> {text.pinnedAt(setting.origin)}
            </span>
          )}
          {setting.restartPending ? (
            <span className={style.pending}>{text.restartPending}</span>
          ) : (
            setting.restart && <span>{text.restart}</span>
          )}
        </p>
        {problem !== undefined && (
          <p className={style.problem} role="alert">
            {problem}
          </p>
        )}
      </div>
      {typeof value === "boolean" ? (
        <Switch
          aria-label={key}
          checked={value}
          disabled={pinned}
          onChange={(event) => void set(event.currentTarget.checked)}
        />
      ) : draft === undefined ? (
        <span className={style.value}>
          <span className={isDefault ? layout.soft : undefined}>
            <PeerText text={written(value)} />
          </span>
          {!pinned && (
            <Button size="compact-xs" variant="subtle" onClick={() => setDraft(written(value))}>
              {text.edit}
            </Button>
          )}
          {!pinned && !isDefault && (
            <Button size="compact-xs" variant="subtle" color="gray" onClick={() => void set(null)}>
              {text.reset}
            </Button>
          )}
        </span>
      ) : (
        <form
          className={style.edit}
          onSubmit={(event) => {
            event.preventDefault();
            void set(read(draft));
          }}
        >
          <TextInput
            size="xs"
            autoFocus
            aria-label={key}
            value={draft}
            onChange={(event) => setDraft(event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Escape" && setDraft(undefined)}
          />
          <Button size="xs" type="submit">
            {messages.save}
          </Button>
        </form>
      )}
    </li>
  );
}

/** As people would write it: words bare, everything else as JSON. */
function written(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The other way round: JSON where it is JSON, else a word. */
function read(typed: string): unknown {
  try {
    return JSON.parse(typed);
  } catch {
    return typed;
  }
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
