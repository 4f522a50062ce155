// What a row of the list of transfers says.
import type { Transfer } from "../api/shapes.ts";
import { messages } from "../messages.ts";
import layout from "../parts/layout.module.css";
import { FileName, PeerText } from "../parts/peer-text.tsx";
import { Bar, StateWord, type Tone } from "../parts/state-word.tsx";
import type { Column } from "../table/grid.tsx";
import { duration, percent, rate, size } from "../text/format.ts";
import { visibleText } from "../text/visible-text.ts";
import style from "./transfers.module.css";

const text = messages.transfers;

const TONES: Readonly<Record<Transfer["state"], Tone>> = {
  queued: "plain",
  finding: "warn",
  waiting: "warn",
  active: "accent",
  checking: "accent",
  done: "ok",
  paused: "off",
  failed: "bad",
  cancelled: "off",
};

function transferTone({ state }: Transfer): Tone {
  return TONES[state];
}

/** Sources that serve us now or have us in a queue, and all that are known and not given up. */
export function sourceCounts({ sources }: Transfer): { readonly used: number; readonly known: number } {
  const known = sources.filter(({ state }) => state !== "dropped");
  return { used: known.filter(({ state }) => state === "active").length, known: known.length };
}

/** What fits into a row: of a finished file that it is right, not where it lies. */
function ShortWords({ transfer }: { readonly transfer: Transfer }) {
  if (transfer.state !== "done" || transfer.verified === null) return <TransferWords transfer={transfer} />;
  return <StateWord tone="ok" word={text.doneAs[transfer.verified]} title={visibleText(transfer.text)} />;
}

/** The state with its reason, as the daemon words it. */
export function TransferWords({ transfer }: { readonly transfer: Transfer }) {
  return (
    <StateWord
      tone={transferTone(transfer)}
      word={transfer.text === "" ? text.states[transfer.state] : <PeerText text={transfer.text} />}
      title={visibleText(transfer.text)}
      isBusy={transfer.state === "active"}
    />
  );
}

function TransferProgress({ transfer }: { readonly transfer: Transfer }) {
  const { size: total, bytesDone } = transfer;
  if (total === null) return <span className={layout.soft}>{size(bytesDone)}</span>;
  return (
    <span className={style.progress}>
      {transfer.state === "done" ? (
        <span />
      ) : (
        <Bar label={text.columns.progress} done={bytesDone} total={total} tone={barTone(transfer)} />
      )}
      <span className={style.percent}>{percent(bytesDone, total)}</span>
    </span>
  );
}

/** A bar stands still unless bytes come in; red and green are for how it ended. */
export function barTone(transfer: Transfer): Tone {
  const tone = transferTone(transfer);
  return tone === "warn" || tone === "plain" ? "off" : tone;
}

export function transferColumns(direction: Transfer["direction"]): readonly Column<Transfer>[] {
  const columns: readonly (Column<Transfer> | undefined)[] = [
    {
      id: "name",
      label: text.columns.name,
      width: "minmax(180px, 2.4fr)",
      sortBy: "name",
      cell: (row) => <FileName name={row.name} />,
    },
    {
      id: "state",
      label: text.columns.state,
      width: "minmax(150px, 2.6fr)",
      sortBy: "state",
      cell: (row) => <ShortWords transfer={row} />,
    },
    {
      id: "progress",
      label: text.columns.progress,
      width: "140px",
      sortBy: "bytesDone",
      cell: (row) => <TransferProgress transfer={row} />,
    },
    {
      id: "size",
      label: text.columns.size,
      width: "76px",
      align: "end",
      sortBy: "size",
      fromWidth: 800,
      cell: (row) => (row.size === null ? messages.unknown : size(row.size)),
    },
    {
      id: "rate",
      label: text.columns.rate,
      width: "84px",
      align: "end",
      sortBy: "rate",
      cell: (row) => (row.rate > 0 ? rate(row.rate) : ""),
    },
    {
      id: "left",
      label: text.columns.left,
      width: "82px",
      align: "end",
      sortBy: "leftMs",
      fromWidth: 900,
      cell: (row) => (row.leftMs === null ? "" : duration(row.leftMs)),
    },
    direction === "down"
      ? {
          id: "sources",
          label: text.columns.sources,
          width: "64px",
          align: "end",
          fromWidth: 980,
          cell: (row) => {
            const { used, known } = sourceCounts(row);
            return known === 0 ? "" : <span title={text.sourcesWords(used, known)}>{text.sourcesOf(used, known)}</span>;
          },
        }
      : {
          id: "peer",
          label: text.columns.peer,
          width: "150px",
          fromWidth: 1060,
          cell: (row) => (row.peer === null ? "" : <PeerText text={row.peer} />),
        },
  ];
  return columns.filter((column) => column !== undefined);
}

/** Two lines for a narrow list. */
export function TransferCard({ transfer }: { readonly transfer: Transfer }) {
  const { size: total, bytesDone } = transfer;
  return (
    <>
      <div className={layout.cardTop}>
        <FileName name={transfer.name} />
        <span className={style.percent}>{total === null ? size(bytesDone) : percent(bytesDone, total)}</span>
      </div>
      <div className={layout.cardBottom}>
        <ShortWords transfer={transfer} />
        <span>{transfer.rate > 0 ? rate(transfer.rate) : total !== null && size(total)}</span>
      </div>
      {total !== null && transfer.state !== "done" && (
        <div className={style.cardBar}>
          <Bar label={text.columns.progress} done={bytesDone} total={total} tone={barTone(transfer)} />
        </div>
      )}
    </>
  );
}
