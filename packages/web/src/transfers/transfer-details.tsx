// One transfer: why it is as it is first, then how far it is, from whom, and what it is.
import { Button, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { call } from "../api/client.ts";
import type { Transfer } from "../api/shapes.ts";
import { messages } from "../messages.ts";
import { hasEnded, useActions } from "../parts/actions.ts";
import { DetailsPane } from "../parts/details-pane.tsx";
import { Icon } from "../parts/icon.tsx";
import layout from "../parts/layout.module.css";
import parts from "../parts/parts.module.css";
import { PeerText } from "../parts/peer-text.tsx";
import { Bar } from "../parts/state-word.tsx";
import { LoadError, Skeleton } from "../parts/states.tsx";
import { WhyPanel } from "../parts/why-panel.tsx";
import { duration, fullTime, percent, rate, size, when } from "../text/format.ts";
import { TransferWords, barTone, sourceCounts } from "./transfer-columns.tsx";
import style from "./transfers.module.css";

const text = messages.transfers;

interface TransferDetailsProps {
  readonly id: string;
  readonly onClose: () => void;
  readonly onEnd: (rows: readonly Transfer[]) => void;
}

export function TransferDetails({ id, onClose, onEnd }: TransferDetailsProps) {
  const { data, error, refetch } = useQuery({
    queryKey: ["transfer", id],
    queryFn: ({ signal }) => call<Transfer>("GET", `transfers/${id}`, { signal }),
    // Sources change in no event.
    refetchInterval: ({ state }) => (state.data?.state === "active" ? 2000 : false),
  });
  return (
    <DetailsPane label={text.details} name={data?.name ?? ""} onClose={onClose}>
      {data === undefined && error === null && <Skeleton rows={5} />}
      {data === undefined && error !== null && <LoadError error={error} onRetry={() => void refetch()} />}
      {data !== undefined && <Known transfer={data} onEnd={onEnd} />}
    </DetailsPane>
  );
}

function Known({ transfer, onEnd }: { readonly transfer: Transfer } & Pick<TransferDetailsProps, "onEnd">) {
  return (
    <>
      <Progress transfer={transfer} />
      <Buttons transfer={transfer} onEnd={onEnd} />
      <section>
        <h3>{text.why}</h3>
        <WhyPanel path={`transfers/${transfer.id}`} />
      </section>
      {transfer.direction === "down" && <Sources transfer={transfer} />}
      <section>
        <h3>{text.file}</h3>
        <Facts transfer={transfer} />
      </section>
    </>
  );
}

function Progress({ transfer }: { readonly transfer: Transfer }) {
  const { size: total, bytesDone } = transfer;
  const { used, known } = sourceCounts(transfer);
  return (
    <div>
      <div className={style.big}>
        <strong>{total === null ? size(bytesDone) : percent(bytesDone, total)}</strong>
        <span className={layout.soft}>
          {total !== null && `${size(bytesDone)} / ${size(total)}`}
          {transfer.rate > 0 && ` · ${rate(transfer.rate)}`}
          {transfer.leftMs !== null && ` · ${duration(transfer.leftMs)}`}
        </span>
      </div>
      {total !== null && <Bar label={text.columns.progress} done={bytesDone} total={total} tone={barTone(transfer)} />}
      <div className={style.note}>
        <div className={style.whole}>
          <TransferWords transfer={transfer} />
        </div>
        {transfer.direction === "down" && known > 0 && !hasEnded(transfer) && (
          <span className={`${layout.soft} ${layout.small}`}>{text.sourcesWords(used, known)}</span>
        )}
      </div>
    </div>
  );
}

function Buttons({ transfer, onEnd }: { readonly transfer: Transfer } & Pick<TransferDetailsProps, "onEnd">) {
  const actions = useActions();
  const rows = [transfer];
  const { state } = transfer;
  const canRetry = ["failed", "waiting", "finding", "cancelled"].includes(state);
  return (
    <section className={layout.actions}>
      {!hasEnded(transfer) && state !== "paused" && (
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name="pause" size={16} />}
          onClick={() => void actions.transferAct(rows, "pause")}
        >
          {text.pause}
        </Button>
      )}
      {state === "paused" && (
        <Button
          size="xs"
          leftSection={<Icon name="play" size={16} />}
          onClick={() => void actions.transferAct(rows, "resume")}
        >
          {text.resume}
        </Button>
      )}
      {canRetry && (
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name="retry" size={16} />}
          onClick={() => void actions.transferAct(rows, "retry")}
        >
          {text.retryOne}
        </Button>
      )}
      <Button
        size="xs"
        variant="default"
        leftSection={<Icon name={hasEnded(transfer) ? "remove" : "close"} size={16} />}
        onClick={() => onEnd(rows)}
      >
        {hasEnded(transfer) ? text.removeOne : text.cancelOne}
      </Button>
    </section>
  );
}

function Sources({ transfer }: { readonly transfer: Transfer }) {
  const { sources } = transfer;
  return (
    <section>
      <h3>{text.sources}</h3>
      {sources.length === 0 && <p className={layout.soft}>{text.noSources}</p>}
      <ul className={layout.lines}>
        {sources.map((source) => (
          <li key={`${source.network} ${source.peer}`}>
            <div className={layout.line}>
              <span className="number">
                <PeerText text={source.peer} />
              </span>
              <span>{source.rate > 0 ? rate(source.rate) : source.bytes > 0 && size(source.bytes)}</span>
            </div>
            <div className={`${layout.soft} ${layout.small}`}>
              {messages.networkNames[source.network]}, {text.sourceStates[source.state]}
              {source.position > 0 && `, ${text.atPlace(source.position)}`}
              {source.retryAt !== null && `, ${text.retryAt(when(source.retryAt))}`}
              {source.note !== "" && (
                <>
                  {" · "}
                  <PeerText text={source.note} />
                </>
              )}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Facts({ transfer }: { readonly transfer: Transfer }) {
  const { attempt } = useActions();
  const path = `transfers/${transfer.id}`;
  const canOrder = transfer.direction === "down" && !hasEnded(transfer);
  return (
    <dl className={parts.facts}>
      {transfer.path !== null && (
        <>
          <dt>{text.savedTo}</dt>
          <dd>
            <PeerText text={transfer.path} />
          </dd>
        </>
      )}
      {transfer.verified !== null && (
        <>
          <dt>{text.checked}</dt>
          <dd>{text.verified[transfer.verified]}</dd>
        </>
      )}
      {transfer.peer !== null && (
        <>
          <dt>{text.peer}</dt>
          <dd>
            <PeerText text={transfer.peer} />
          </dd>
        </>
      )}
      <dt>{text.added}</dt>
      <dd>{fullTime(transfer.addedAt)}</dd>
      <dt>{text.changed}</dt>
      <dd>{fullTime(transfer.changedAt)}</dd>
      {transfer.urns.length > 0 && (
        <>
          <dt>{text.urns}</dt>
          <dd className={layout.mono}>
            {transfer.urns.map((urn) => (
              <div key={urn}>
                <PeerText text={urn} />
              </div>
            ))}
          </dd>
        </>
      )}
      {canOrder && (
        <>
          <dt>{text.priority}</dt>
          <dd>
            <NativeSelect
              size="xs"
              w={120}
              aria-label={text.priority}
              value={transfer.priority}
              data={(["low", "normal", "high"] as const).map((value) => ({ value, label: text.priorities[value] }))}
              onChange={(event) => {
                const priority = event.currentTarget.value;
                void attempt(() => call("PATCH", path, { body: { priority } }));
              }}
            />
          </dd>
          <dt>{text.place}</dt>
          <dd className={layout.actions}>
            {(["first", "up", "down", "last"] as const).map((where) => (
              <Button
                key={where}
                size="compact-xs"
                variant="default"
                onClick={() => void attempt(() => call("POST", `${path}/move`, { body: { where } }))}
              >
                {text.moves[where]}
              </Button>
            ))}
          </dd>
        </>
      )}
    </dl>
  );
}
