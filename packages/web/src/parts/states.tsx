// What a screen shows when it has nothing to show: still loading, empty, or failed.
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { ApiProblem } from "../api/client.ts";
import { messages } from "../messages.ts";
import { Icon, type IconName } from "./icon.tsx";
import style from "./parts.module.css";
import { useApp } from "../app-context.ts";

/** Grey lines where rows will be. They appear only after 150 ms: most answers are here before. */
export function Skeleton({ rows = 6 }: { readonly rows?: number }) {
  return (
    <div className={style.skeleton} role="status" aria-label={messages.loading}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className={style.skeletonRow} />
      ))}
    </div>
  );
}

interface EmptyProps {
  readonly icon: IconName;
  readonly title: string;
  readonly text?: string;
  readonly children?: ReactNode;
}

export function Empty({ icon, title, text, children }: EmptyProps) {
  return (
    <div className={style.empty}>
      <span className={style.emptyIcon}>
        <Icon name={icon} size={26} />
      </span>
      <h2>{title}</h2>
      {text !== undefined && <p>{text}</p>}
      {children !== undefined && <div className={style.emptyActions}>{children}</div>}
    </div>
  );
}

interface LoadErrorProps {
  readonly error: Error;
  readonly onRetry: () => void;
  /** A line above what was loaded, where something was. */
  readonly isPartial?: boolean;
}

export function LoadError({ error, onRetry, isPartial = false }: LoadErrorProps) {
  const { toasts } = useApp();
  const problem = error instanceof ApiProblem ? error : undefined;
  const details = () => {
    const text = [error.message, problem?.hint, problem?.code, problem?.requestId].filter(Boolean).join("\n");
    navigator.clipboard.writeText(text).then(
      () => toasts.say(messages.copied),
      () => toasts.say(messages.notCopied),
    );
  };
  return (
    <div className={isPartial ? style.partial : style.failed} role="alert">
      <div>
        <strong>{isPartial ? messages.states.partial : messages.states.loadFailed}</strong>
        <p>
          {error.message} {problem?.hint}
        </p>
        {problem !== undefined && <code className={style.code}>{problem.code}</code>}
      </div>
      <div className={style.failedActions}>
        <Button size="compact-sm" variant="default" onClick={onRetry}>
          {messages.retry}
        </Button>
        <Button size="compact-sm" variant="subtle" color="gray" onClick={details}>
          {messages.copyDetails}
        </Button>
      </div>
    </div>
  );
}
