// How fast all networks together may be, now and in slow mode.
import { Button, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { useLimits } from "../api/queries.ts";
import type { Limits, LimitsChange } from "../api/shapes.ts";
import { useApp } from "../app-context.ts";
import { messages } from "../messages.ts";
import { useActions } from "../parts/actions.ts";
import layout from "../parts/layout.module.css";
import { LoadError, Skeleton } from "../parts/states.tsx";
import { size } from "../text/format.ts";
import { parseRate } from "../text/parse-size.ts";
import style from "./settings.module.css";

const text = messages.settings;

export function LimitsForm() {
  const { data, error, refetch } = useLimits();
  if (data === undefined) {
    return error === null ? <Skeleton rows={2} /> : <LoadError error={error} onRetry={() => void refetch()} />;
  }
  // Typed text is kept until the daemon has other rates.
  return <Rates key={`${data.down} ${data.up} ${data.slow.down} ${data.slow.up}`} limits={data} />;
}

type Field = "down" | "up" | "slowDown" | "slowUp";

function Rates({ limits }: { readonly limits: Limits }) {
  const { toasts } = useApp();
  const actions = useActions();
  const [typed, setTyped] = useState<Readonly<Record<Field, string>>>({
    down: shown(limits.down),
    up: shown(limits.up),
    slowDown: shown(limits.slow.down),
    slowUp: shown(limits.slow.up),
  });
  const rates = {
    down: parseRate(typed.down),
    up: parseRate(typed.up),
    slowDown: parseRate(typed.slowDown),
    slowUp: parseRate(typed.slowUp),
  };
  const change = changeOf(limits, rates);

  const field = (name: Field, label: string) => (
    <TextInput
      label={label}
      placeholder={text.ratePlaceholder}
      value={typed[name]}
      onChange={(event) => setTyped({ ...typed, [name]: event.currentTarget.value })}
      error={rates[name] === undefined ? text.badRate : undefined}
      rightSection={<span className={layout.soft}>/s</span>}
      autoComplete="off"
    />
  );
  return (
    <form
      className={style.limits}
      onSubmit={(event) => {
        event.preventDefault();
        if (change !== undefined) void actions.setLimits(change).then((done) => done && toasts.say(text.saved));
      }}
    >
      {field("down", text.down)}
      {field("up", text.up)}
      <Switch
        className={style.slow}
        label={text.slow}
        description={text.slowNote}
        checked={limits.slow.enabled}
        onChange={(event) => void actions.setLimits({ slow: { enabled: event.currentTarget.checked } })}
      />
      {field("slowDown", `${text.down}, ${text.slow.toLowerCase()}`)}
      {field("slowUp", `${text.up}, ${text.slow.toLowerCase()}`)}
      <div>
        <Button type="submit" size="xs" disabled={change === undefined}>
          {messages.save}
        </Button>
      </div>
    </form>
  );
}

function shown(rate: number): string {
  // Only as exact as it is typed again without loss.
  if (rate === 0) return "";
  const words = size(rate).replaceAll("\u00a0", " ");
  return parseRate(words) === rate ? words : String(rate);
}

/** What differs from the rates in force; undefined where nothing does, or something is no rate. */
function changeOf(limits: Limits, rates: Readonly<Record<Field, number | undefined>>): LimitsChange | undefined {
  const { down, up, slowDown, slowUp } = rates;
  if (down === undefined || up === undefined || slowDown === undefined || slowUp === undefined) return undefined;
  const isSame = down === limits.down && up === limits.up && slowDown === limits.slow.down && slowUp === limits.slow.up;
  return isSame ? undefined : { down, up, slow: { down: slowDown, up: slowUp } };
}
