// What a row of the list of peers says.
import type { Peer } from "../api/shapes.ts";
import { messages } from "../messages.ts";
import layout from "../parts/layout.module.css";
import { PeerText } from "../parts/peer-text.tsx";
import { StateWord, type Tone } from "../parts/state-word.tsx";
import type { Column, Sort } from "../table/grid.tsx";
import { duration, size } from "../text/format.ts";

const text = messages.networks;

const TONES: Readonly<Record<Peer["state"], Tone>> = { dialling: "warn", handshaking: "warn", open: "ok" };

const FIELDS: Readonly<Record<string, (peer: Peer) => string | number>> = {
  peer: endpointOf,
  network: ({ network }) => network,
  state: ({ state }) => state,
  vendor: ({ vendor }) => vendor,
  age: ({ ageMs }) => ageMs,
  in: ({ bytesIn }) => bytesIn,
  out: ({ bytesOut }) => bytesOut,
};

export function sortedPeers(peers: readonly Peer[], sort: Sort | undefined): readonly Peer[] {
  const read = sort === undefined ? undefined : FIELDS[sort.by];
  if (sort === undefined || read === undefined) return peers;
  const sign = sort.isDescending ? -1 : 1;
  return peers.toSorted((a, b) => {
    const [left, right] = [read(a), read(b)];
    return left === right ? 0 : left < right ? -sign : sign;
  });
}

export function endpointOf({ endpoint }: Peer): string {
  return `${endpoint.host}:${endpoint.port}`;
}

function PeerState({ peer }: { readonly peer: Peer }) {
  return <StateWord tone={TONES[peer.state]} word={text.peerStates[peer.state]} />;
}

export function peerColumns(): readonly Column<Peer>[] {
  return [
    {
      id: "peer",
      label: text.peerColumns.peer,
      width: "minmax(150px, 1.4fr)",
      sortBy: "peer",
      cell: (row) => (
        <span className="number">
          <PeerText text={endpointOf(row)} />
        </span>
      ),
    },
    {
      id: "network",
      label: text.peerColumns.network,
      width: "minmax(90px, 1fr)",
      sortBy: "network",
      cell: (row) => messages.networkNames[row.network],
    },
    {
      id: "state",
      label: text.peerColumns.state,
      width: "100px",
      sortBy: "state",
      cell: (row) => <PeerState peer={row} />,
    },
    {
      id: "role",
      label: text.peerColumns.role,
      width: "150px",
      fromWidth: 980,
      cell: (row) => (
        <>
          <PeerText text={row.role} />
          <span className={layout.soft}>
            {row.role !== "" && ", "}
            {row.inbound ? text.inbound : text.outbound}
          </span>
        </>
      ),
    },
    {
      id: "vendor",
      label: text.peerColumns.vendor,
      width: "minmax(110px, 1.2fr)",
      sortBy: "vendor",
      fromWidth: 760,
      cell: (row) => <PeerText text={row.vendor} />,
    },
    {
      id: "age",
      label: text.peerColumns.age,
      width: "90px",
      align: "end",
      sortBy: "age",
      fromWidth: 860,
      cell: (row) => duration(row.ageMs),
    },
    {
      id: "in",
      label: text.peerColumns.in,
      width: "74px",
      align: "end",
      sortBy: "in",
      cell: (row) => size(row.bytesIn),
    },
    {
      id: "out",
      label: text.peerColumns.out,
      width: "74px",
      align: "end",
      sortBy: "out",
      cell: (row) => size(row.bytesOut),
    },
  ];
}

/** Two lines for a narrow list. */
export function PeerCard({ peer }: { readonly peer: Peer }) {
  return (
    <>
      <div className={layout.cardTop}>
        <PeerText text={endpointOf(peer)} />
        <PeerState peer={peer} />
      </div>
      <div className={layout.cardBottom}>
        <span>
          {messages.networkNames[peer.network]} · <PeerText text={peer.vendor} />
        </span>
        <span>
          {size(peer.bytesIn)} / {size(peer.bytesOut)}
        </span>
      </div>
    </>
  );
}
