// Settings that matter most, by hand; the rest as the daemon lists them.
import { Button, NativeSelect, useMantineColorScheme } from "@mantine/core";
import type { ReactNode } from "react";
import { call } from "../api/client.ts";
import { useSystem } from "../api/queries.ts";
import { useApp } from "../app-context.ts";
import { messages } from "../messages.ts";
import { useActions } from "../parts/actions.ts";
import layout from "../parts/layout.module.css";
import parts from "../parts/parts.module.css";
import { PeerText } from "../parts/peer-text.tsx";
import { LoadError } from "../parts/states.tsx";
import { SingleLetters } from "../shell/shortcut-dialog.tsx";
import { fullTime } from "../text/format.ts";
import { AllSettings } from "./all-settings.tsx";
import { LimitsForm } from "./limits-form.tsx";
import style from "./settings.module.css";

const text = messages.settings;
const THEMES = ["auto", "light", "dark"] as const;

export function SettingsScreen() {
  return (
    <div className={layout.scroll}>
      <div className={layout.head}>
        <h1>{text.title}</h1>
      </div>
      <div className={style.groups}>
        <Group title={text.limits} note={text.limitsNote}>
          <LimitsForm />
        </Group>
        <Group title={text.appearance}>
          <Theme />
          <SingleLetters />
        </Group>
        <Group title={text.all}>
          <AllSettings />
        </Group>
        <Group title={text.about}>
          <About />
        </Group>
      </div>
    </div>
  );
}

interface GroupProps {
  readonly title: string;
  readonly note?: string;
  readonly children: ReactNode;
}

function Group({ title, note, children }: GroupProps) {
  return (
    <section className={style.group}>
      <div>
        <h2>{title}</h2>
        {note !== undefined && <p className={`${layout.soft} ${layout.small}`}>{note}</p>}
      </div>
      <div className={style.content}>{children}</div>
    </section>
  );
}

function Theme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  return (
    <NativeSelect
      label={text.theme}
      w={200}
      value={colorScheme}
      data={THEMES.map((value) => ({ value, label: text.themes[value] }))}
      onChange={(event) => {
        const chosen = event.currentTarget.value;
        setColorScheme(THEMES.find((value) => value === chosen) ?? "auto");
      }}
    />
  );
}

function About() {
  const { toasts } = useApp();
  const { attempt } = useActions();
  const { data, error, refetch } = useSystem();
  const logOut = () =>
    attempt(async () => {
      await call("DELETE", "session");
      // The next request finds nobody logged in, and that brings the login screen.
      await refetch();
      toasts.list.set([]);
    });
  if (data === undefined) return error === null ? null : <LoadError error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <dl className={parts.facts}>
        <dt>{text.version}</dt>
        <dd>
          {messages.product} {data.version}
        </dd>
        <dt>{text.profile}</dt>
        <dd>{data.profile}</dd>
        <dt>{text.started}</dt>
        <dd>{fullTime(data.startedAt)}</dd>
        <dt>{text.downloads}</dt>
        <dd>
          <PeerText text={data.paths.downloads} />
        </dd>
        <dt>{text.configFile}</dt>
        <dd>
          <PeerText text={data.paths.config} />
        </dd>
      </dl>
      <div>
        <Button size="xs" variant="default" onClick={() => void logOut()}>
          {text.logOut}
        </Button>
      </div>
    </>
  );
}
