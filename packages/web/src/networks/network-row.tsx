import { ActionIcon, Button, Switch } from "@mantine/core";
import { useState } from "react";
import { usePeers } from "../api/queries.ts";
import type { Network } from "../api/shapes.ts";
import { messages } from "../messages.ts";
import { useActions } from "../parts/actions.ts";
import { Icon } from "../parts/icon.tsx";
import parts from "../parts/parts.module.css";
import { PeerText } from "../parts/peer-text.tsx";
import { StateWord, type Tone } from "../parts/state-word.tsx";
import { WhyPanel } from "../parts/why-panel.tsx";
import { count, counted, size } from "../text/format.ts";
import { hasServers } from "./has-servers.ts";
import style from "./networks.module.css";

const text = messages.networks;

const TONES: Readonly<Record<Network["state"], Tone>> = {
  off: "off",
  starting: "warn",
  connecting: "warn",
  online: "ok",
  stopping: "off",
  failed: "bad",
};
/** The state says it already. */
const JUST_OFF = "Off.";
const PASSING: ReadonlySet<Network["state"]> = new Set(["starting", "connecting", "stopping"]);

interface NetworkRowProps {
  readonly network: Network;
  readonly onAddPeer: () => void;
}

export function NetworkRow({ network, onAddPeer }: NetworkRowProps) {
  const actions = useActions();
  const [isOpen, setOpen] = useState(false);
  const [isSwitching, setSwitching] = useState(false);
  const name = messages.networkNames[network.id];
  const { state, counters } = network;
  const traffic = useTraffic(network.id);

  const turn = async (enabled: boolean) => {
    setSwitching(true);
    await actions.setNetwork(network.id, { enabled });
    setSwitching(false);
  };

  return (
    <li className={style.network} data-on={network.enabled}>
      <div className={style.row}>
        <Switch
          checked={network.enabled}
          disabled={isSwitching}
          aria-label={text.switch(name)}
          onChange={(event) => void turn(event.currentTarget.checked)}
        />
        <div className={style.name}>
          <h2>{name}</h2>
          {network.liveness !== JUST_OFF && (
            <p>
              <PeerText text={network.liveness} />
            </p>
          )}
        </div>
        <span className={style.state}>
          <StateWord tone={TONES[state]} word={text.states[state]} isBusy={PASSING.has(state)} />
        </span>
        <span className={style.figure}>{network.enabled && counted(network.peers, "peer")}</span>
        <span className={style.figure} title={text.trafficNote}>
          {network.enabled && text.traffic(size(traffic.bytesIn), size(traffic.bytesOut))}
        </span>
        <span className={style.add}>
          {network.enabled && (
            <Button size="compact-sm" variant="subtle" onClick={onAddPeer}>
              {text.addPeer(hasServers(network.id))}
            </Button>
          )}
        </span>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-expanded={isOpen}
          aria-label={`${text.details}: ${name}`}
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name={isOpen ? "open" : "right"} />
        </ActionIcon>
      </div>
      {isOpen && (
        <div className={style.more}>
          <section>
            <h3>{text.details}</h3>
            <dl className={parts.facts}>
              <dt>{text.role}</dt>
              <dd>{network.role}</dd>
              {network.endpoint !== null && (
                <>
                  <dt>{text.endpoint}</dt>
                  <dd className="number">{`${network.endpoint.host}:${network.endpoint.port}`}</dd>
                </>
              )}
            </dl>
          </section>
          <section>
            <h3>{text.counters}</h3>
            <Counters counters={counters} />
          </section>
          <section>
            <h3>{text.why}</h3>
            <WhyPanel
              path={`networks/${network.id}`}
              onAction={(path) => {
                const isAddress = path.endsWith("/bootstrap");
                if (isAddress) onAddPeer();
                return isAddress;
              }}
            />
          </section>
        </div>
      )}
    </li>
  );
}

/** What came and went over the links that are open now. */
function useTraffic(id: Network["id"]): { readonly bytesIn: number; readonly bytesOut: number } {
  const { data } = usePeers();
  const peers = (data?.items ?? []).filter(({ network }) => network === id);
  return {
    bytesIn: peers.reduce((sum, peer) => sum + peer.bytesIn, 0),
    bytesOut: peers.reduce((sum, peer) => sum + peer.bytesOut, 0),
  };
}

/** Whatever the network has counted; names of bytes are shown as sizes. */
function Counters({ counters }: Pick<Network, "counters">) {
  const entries = Object.entries(counters).filter(([, value]) => value !== 0);
  if (entries.length === 0) return <p className={style.none}>{text.noCounters}</p>;
  return (
    <dl className={parts.facts}>
      {entries.map(([name, value]) => (
        <div key={name} className={style.counter}>
          <dt>{inWords(name)}</dt>
          <dd className="number">{/bytes/i.test(name) ? size(value) : count(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** `knownHosts` → "Known hosts". */
function inWords(name: string): string {
  const words = name.replace(
    /([a-z0-9])([A-Z])/g,
    (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  );
  return words.charAt(0).toUpperCase() + words.slice(1);
}
