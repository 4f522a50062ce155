import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { useStore } from "../api/store.ts";
import { useApp } from "../app-context.ts";
import { messages } from "../messages.ts";
import { when } from "../text/format.ts";
import style from "./shell.module.css";

const text = messages.shell;

/** Above the screen while the daemon is silent: since when, and when it is tried again. */
export function ConnectionBanner() {
  const { events } = useApp();
  const connection = useStore(events.connection);
  const now = useClock(connection.state === "down");
  if (connection.state !== "down") return null;
  const seconds = Math.max(0, Math.ceil((connection.retryAt - now) / 1000));
  return (
    <div className={style.banner}>
      <p>
        <strong role="alert">{text.disconnected}.</strong> {text.disconnectedSince(when(connection.since))}{" "}
        <span className="number">{text.tryingIn(seconds)}</span>
      </p>
      <Button size="compact-sm" variant="default" onClick={events.retryNow}>
        {text.tryNow}
      </Button>
    </div>
  );
}

const TICK_MS = 250;

/** Now, while it matters. */
function useClock(isTicking: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isTicking) return undefined;
    setNow(Date.now());
    const timer = window.setInterval(() => setNow(Date.now()), TICK_MS);
    return () => window.clearInterval(timer);
  }, [isTicking]);
  return now;
}
