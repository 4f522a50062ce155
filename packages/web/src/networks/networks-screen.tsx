// The networks, each with its switch, and the peers we are linked to.
import { Button } from "@mantine/core";
import { useState } from "react";
import { useNetworks, usePeers } from "../api/queries.ts";
import type { NetworkId, Peer } from "../api/shapes.ts";
import { useApp } from "../app-context.ts";
import { messages } from "../messages.ts";
import layout from "../parts/layout.module.css";
import { Empty, LoadError, Skeleton } from "../parts/states.tsx";
import { useShortcuts } from "../shell/shortcuts.ts";
import { Grid, type Sort } from "../table/grid.tsx";
import { AddPeerDialog } from "./add-peer-dialog.tsx";
import { NetworkRow } from "./network-row.tsx";
import style from "./networks.module.css";
import { PeerCard, peerColumns, sortedPeers } from "./peer-columns.tsx";
import { PeerDetails } from "./peer-details.tsx";

const text = messages.networks;

export function NetworksScreen() {
  const { data, error, refetch } = useNetworks(true);
  const [addingTo, setAddingTo] = useState<NetworkId>();
  const [openPeer, setOpenPeer] = useState<Peer>();
  const networks = data?.items ?? [];
  const on = networks.filter(({ enabled }) => enabled).length;
  const peers = networks.reduce((sum, network) => sum + network.peers, 0);
  return (
    <div className={layout.screen} data-details={openPeer !== undefined}>
      <div className={layout.scroll}>
        <div className={layout.head}>
          <div className={layout.headTitle}>
            <h1>{text.title}</h1>
            {data !== undefined && <span className={layout.headNote}>{text.total(on, peers)}</span>}
          </div>
        </div>
        {data === undefined && error === null && <Skeleton rows={7} />}
        {error !== null && <LoadError error={error} isPartial={data !== undefined} onRetry={() => void refetch()} />}
        <ul className={style.networks}>
          {networks.map((network) => (
            <NetworkRow key={network.id} network={network} onAddPeer={() => setAddingTo(network.id)} />
          ))}
        </ul>
        {data !== undefined && <Peers isAnyOn={on > 0} open={openPeer} onOpen={setOpenPeer} />}
      </div>
      {openPeer !== undefined && (
        <PeerDetails key={openPeer.id} peer={openPeer} onClose={() => setOpenPeer(undefined)} />
      )}
      <AddPeerDialog network={addingTo} onClose={() => setAddingTo(undefined)} />
    </div>
  );
}

interface PeersProps {
  readonly isAnyOn: boolean;
  readonly open: Peer | undefined;
  readonly onOpen: (peer: Peer | undefined) => void;
}

function Peers({ isAnyOn, open, onOpen }: PeersProps) {
  const { router } = useApp();
  const { data, error, refetch } = usePeers(true);
  const [sort, setSort] = useState<Sort>();
  const [activeId, setActiveId] = useState<string>();
  const rows = sortedPeers(data?.items ?? [], sort);
  const peerOf = (id: string) => rows.find((row) => row.id === id);
  useShortcuts({
    w: () => {
      const active = activeId === undefined ? undefined : peerOf(activeId);
      onOpen(active);
      return active !== undefined;
    },
  });
  return (
    <section className={style.peers}>
      <h2>{text.peers}</h2>
      {error !== null && <LoadError error={error} isPartial={data !== undefined} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Skeleton rows={3} />}
      {data !== undefined && rows.length === 0 && (
        <Empty icon="networks" title={text.noPeers} text={isAnyOn ? text.noPeersYet : text.noPeersOff}>
          {isAnyOn && (
            <Button variant="default" onClick={() => router.go("settings")}>
              {messages.screens.settings}
            </Button>
          )}
        </Empty>
      )}
      {rows.length > 0 && (
        <div className={style.peerGrid}>
          <Grid
            label={text.peers}
            rows={rows}
            idOf={peerId}
            columns={peerColumns()}
            card={(row) => <PeerCard peer={row} />}
            total={data?.total ?? rows.length}
            sort={sort}
            onSort={setSort}
            activeId={activeId}
            onActive={(id) => {
              setActiveId(id);
              if (open !== undefined) onOpen(peerOf(id));
            }}
            onOpen={(id) => onOpen(peerOf(id))}
          />
        </div>
      )}
    </section>
  );
}

function peerId({ id }: Peer): string {
  return id;
}
