// In front of everything: are we logged in? Takes a code from the address, or shows how to get one.
import { Button, TextInput } from "@mantine/core";
import { useCallback, useEffect, useState } from "react";
import { ApiProblem, call, onLoggedOut } from "../api/client.ts";
import { useApp } from "../app-context.ts";
import { messages } from "../messages.ts";
import style from "./gate.module.css";
import { takeLoginCode } from "./login-code.ts";
import { Shell } from "./shell.tsx";

type Entry = "asking" | "in" | "out" | "unreachable";

const ASK_AGAIN_MS = 3000;
const text = messages.login;

export function Gate({ code }: { readonly code: string | undefined }) {
  const { client } = useApp();
  const [entry, setEntry] = useState<Entry>("asking");
  const [problem, setProblem] = useState<ApiProblem>();

  const enter = useCallback(async (logIn: () => Promise<unknown>) => {
    try {
      await logIn();
      setProblem(undefined);
      setEntry("in");
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
      setEntry(error.status === 0 || error.status === 503 ? "unreachable" : "out");
    }
  }, []);

  useEffect(() => {
    void enter(() => (code === undefined ? call("GET", "session") : logIn(code)));
    // A login link opened in this very tab changes the fragment only.
    const onHash = () => {
      const other = takeLoginCode();
      if (other !== undefined) void enter(() => logIn(other));
    };
    window.addEventListener("hashchange", onHash);
    return () => window.removeEventListener("hashchange", onHash);
  }, [code, enter]);

  useEffect(
    () =>
      onLoggedOut(() => {
        client.clear();
        setEntry("out");
      }),
    [client],
  );

  useEffect(() => {
    if (entry !== "unreachable") return undefined;
    const timer = window.setInterval(() => void enter(() => call("GET", "session")), ASK_AGAIN_MS);
    return () => window.clearInterval(timer);
  }, [entry, enter]);

  if (entry === "asking") return null;
  if (entry === "in") return <Shell />;
  // Nobody has tried anything yet: that one is not logged in is no failure.
  const shown = problem?.code === "not_allowed" && problem.message === "This needs a login." ? undefined : problem;
  return (
    <main className={style.page}>
      <div className={style.card}>
        <Mark />
        {entry === "unreachable" ? (
          <Unreachable />
        ) : (
          <LogIn problem={shown} onLogIn={(typed) => enter(() => logIn(typed))} />
        )}
      </div>
    </main>
  );
}

function logIn(typed: string): Promise<unknown> {
  const secret = typed.trim();
  const body = secret.startsWith("srv_") ? { token: secret } : { code: secret };
  return call("POST", "session", { body });
}

function Mark() {
  return <img className={style.mark} src="./icon.svg" alt="" width="44" height="44" />;
}

function Unreachable() {
  return (
    <>
      <h1>{text.noDaemon}</h1>
      <p>{text.noDaemonHow}</p>
      <code className={style.command}>{text.noDaemonCommand}</code>
      <p className={style.note} role="status">
        {text.tryingAgain}
      </p>
    </>
  );
}

interface LogInProps {
  readonly problem: ApiProblem | undefined;
  readonly onLogIn: (typed: string) => Promise<void>;
}

function LogIn({ problem, onLogIn }: LogInProps) {
  const [typed, setTyped] = useState("");
  const [isWorking, setWorking] = useState(false);
  return (
    <>
      <h1>{text.title}</h1>
      <p>{text.how}</p>
      <code className={style.command}>{text.command}</code>
      <p className={style.note}>{text.note}</p>
      <form
        className={style.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim() === "") return;
          setWorking(true);
          void onLogIn(typed).finally(() => setWorking(false));
        }}
      >
        <TextInput
          label={text.codeLabel}
          placeholder={text.codePlaceholder}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          error={problem === undefined ? undefined : `${problem.message} ${problem.hint}`}
          autoComplete="off"
          spellCheck={false}
          classNames={{ root: style.field, input: style.code }}
        />
        <Button type="submit" disabled={isWorking}>
          {isWorking ? text.working : text.enter}
        </Button>
      </form>
    </>
  );
}
