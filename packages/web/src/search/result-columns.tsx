// What a row of the results says.
import { ActionIcon } from "@mantine/core";
import type { FileGroup } from "../api/shapes.ts";
import { messages } from "../messages.ts";
import { Icon } from "../parts/icon.tsx";
import layout from "../parts/layout.module.css";
import { FileName, PeerText } from "../parts/peer-text.tsx";
import { StateWord, type Tone } from "../parts/state-word.tsx";
import type { Column } from "../table/grid.tsx";
import { count, counted, size } from "../text/format.ts";
import style from "./search.module.css";

const text = messages.search;

const TONES: Readonly<Record<FileGroup["health"], Tone>> = {
  ready: "ok",
  busy: "warn",
  push: "plain",
  unreachable: "bad",
};

export function Health({ group }: { readonly group: FileGroup }) {
  return <StateWord tone={TONES[group.health]} word={text.health[group.health]} title={text.healthWhy[group.health]} />;
}

export function networkWords({ networks }: Pick<FileGroup, "networks">): string {
  return networks.map((id) => messages.networkNames[id]).join(", ");
}

/** Do we have it, or get it already? */
function Here({ group, get }: { readonly group: FileGroup; readonly get: (group: FileGroup) => void }) {
  if (group.have) {
    return (
      <span className={style.have}>
        <Icon name="check" size={15} />
        {text.have}
      </span>
    );
  }
  if (group.transfer !== null) {
    return (
      <span className={style.inTransfers}>
        <Icon name="transfers" size={15} />
        {text.inTransfers}
      </span>
    );
  }
  return (
    <button type="button" className={style.get} tabIndex={-1} onClick={() => get(group)}>
      {text.get}
    </button>
  );
}

interface ColumnOptions {
  readonly expanded: ReadonlySet<string>;
  readonly onExpand: (id: string, isExpanded: boolean) => void;
  readonly get: (group: FileGroup) => void;
}

export function resultColumns({ expanded, onExpand, get }: ColumnOptions): readonly Column<FileGroup>[] {
  return [
    {
      id: "name",
      label: text.columns.name,
      width: "minmax(200px, 3fr)",
      sortBy: "name",
      cell: (row) => (
        <span className={style.name}>
          <ActionIcon
            variant="transparent"
            color="gray"
            size="sm"
            tabIndex={-1}
            aria-label={messages.shortcuts.expand}
            onClick={() => onExpand(row.id, !expanded.has(row.id))}
          >
            <Icon name={expanded.has(row.id) ? "open" : "right"} size={16} />
          </ActionIcon>
          <FileName name={row.name} />
          {row.match === "probable" && (
            <span className={style.probable} title={text.probableWhy}>
              {text.probable}
            </span>
          )}
        </span>
      ),
    },
    {
      id: "size",
      label: text.columns.size,
      width: "76px",
      align: "end",
      sortBy: "size",
      cell: (row) => size(row.size),
    },
    {
      id: "type",
      label: text.columns.type,
      width: "66px",
      sortBy: "type",
      fromWidth: 1020,
      cell: (row) => text.types[row.type],
    },
    {
      id: "networks",
      label: text.columns.networks,
      width: "minmax(120px, 1.2fr)",
      sortBy: "networks",
      fromWidth: 880,
      cell: (row) => <span title={networkWords(row)}>{networkWords(row)}</span>,
    },
    {
      id: "sources",
      label: text.columns.sources,
      width: "70px",
      align: "end",
      sortBy: "sources",
      cell: (row) => count(row.sources.length),
    },
    {
      id: "health",
      label: text.columns.health,
      width: "118px",
      sortBy: "health",
      cell: (row) => <Health group={row} />,
    },
    {
      id: "here",
      label: text.columns.state,
      width: "110px",
      cell: (row) => <Here group={row} get={get} />,
    },
  ];
}

/** Two lines for a narrow list. */
export function ResultCard({ group, get }: { readonly group: FileGroup; readonly get: (group: FileGroup) => void }) {
  return (
    <>
      <div className={layout.cardTop}>
        <FileName name={group.name} />
        <Here group={group} get={get} />
      </div>
      <div className={layout.cardBottom}>
        <span>
          {size(group.size)} · {counted(group.sources.length, "source")} · {networkWords(group)}
        </span>
        <Health group={group} />
      </div>
    </>
  );
}

/** Below a row that is expanded: who has it, under which names. */
export function ResultSources({ group }: { readonly group: FileGroup }) {
  return (
    <ul className={style.sources}>
      {group.sources.map((source) => (
        <li key={source.key}>
          <span className={style.sourcePeer}>
            <PeerText text={source.peer} />
          </span>
          <span>{messages.networkNames[source.network]}</span>
          <span className={style.sourceName}>
            {source.name !== group.name && (
              <>
                {text.sourceName} <PeerText text={source.name} />
              </>
            )}
          </span>
          <span>{source.firewalled && text.firewalled}</span>
        </li>
      ))}
    </ul>
  );
}
