// Why something is as it is: the facts in their order, and what can be done about it.
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type Method, call } from "../api/client.ts";
import { useWhy } from "../api/queries.ts";
import type { Why } from "../api/shapes.ts";
import { messages } from "../messages.ts";
import { fullTime, when } from "../text/format.ts";
import { useActions } from "./actions.ts";
import { PeerText } from "./peer-text.tsx";
import { LoadError, Skeleton } from "./states.tsx";
import style from "./why-panel.module.css";

const HREF = /^\/?(?:api\/v1\/)(?<path>[\w/.-]+)$/;
const METHODS: readonly string[] = ["POST", "PATCH", "DELETE"] satisfies Method[];

interface WhyPanelProps {
  /** `transfers/t_1` */
  readonly path: string;
  /** Takes over an action that needs more than a press, named by its path; true: done. */
  readonly onAction?: (path: string) => boolean;
}

export function WhyPanel({ path, onAction = () => false }: WhyPanelProps) {
  const { data, error, refetch } = useWhy(path);
  if (data !== undefined) return <Facts why={data} onAction={onAction} />;
  return error === null ? <Skeleton rows={3} /> : <LoadError error={error} onRetry={() => void refetch()} />;
}

interface FactsProps {
  readonly why: Why;
  readonly onAction: (path: string) => boolean;
}

function Facts({ why, onAction }: FactsProps) {
  const { attempt } = useActions();
  const client = useQueryClient();
  const run = (method: Method, path: string) =>
    attempt(async () => {
      await call(method, path);
      await client.invalidateQueries();
    });
  return (
    <div className={style.why}>
      {why.facts.length === 0 && <p>{messages.transfers.whyNothing}</p>}
      <ol className={style.facts}>
        {why.facts.map((fact) => (
          <li key={`${fact.at} ${fact.code} ${fact.text}`}>
            <time dateTime={fact.at} title={fullTime(fact.at)}>
              {when(fact.at)}
            </time>
            <span title={fact.code}>
              <PeerText text={fact.text} />
            </span>
          </li>
        ))}
      </ol>
      <div className={style.actions}>
        {why.actions.map((action) => {
          // Only the daemon's own API, whatever the answer says.
          const target = HREF.exec(action.href)?.groups?.path;
          const method = METHODS.includes(action.method) ? (action.method as Method) : undefined;
          if (target === undefined || method === undefined) return null;
          return (
            <Button
              key={`${action.method} ${action.href} ${action.label}`}
              size="compact-sm"
              variant="light"
              onClick={() => void (onAction(target) || run(method, target))}
            >
              {action.label}
            </Button>
          );
        })}
      </div>
    </div>
  );
}
