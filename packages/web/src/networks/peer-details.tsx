import { Button } from "@mantine/core";
import { call } from "../api/client.ts";
import { usePeers } from "../api/queries.ts";
import type { Peer } from "../api/shapes.ts";
import { useApp } from "../app-context.ts";
import { messages } from "../messages.ts";
import { useActions } from "../parts/actions.ts";
import { DetailsPane } from "../parts/details-pane.tsx";
import layout from "../parts/layout.module.css";
import parts from "../parts/parts.module.css";
import { PeerText } from "../parts/peer-text.tsx";
import { WhyPanel } from "../parts/why-panel.tsx";
import { duration, size } from "../text/format.ts";
import { endpointOf } from "./peer-columns.tsx";

const text = messages.networks;

interface PeerDetailsProps {
  /** As it was when it was opened; what is known now is shown. */
  readonly peer: Peer;
  readonly onClose: () => void;
}

export function PeerDetails({ peer: opened, onClose }: PeerDetailsProps) {
  const { client } = useApp();
  const { attempt } = useActions();
  const { data } = usePeers();
  const known = data?.items.find(({ id }) => id === opened.id);
  const peer = known ?? opened;
  const drop = () =>
    attempt(async () => {
      await call("DELETE", `peers/${peer.id}`);
      await client.invalidateQueries({ queryKey: ["peers"] });
      onClose();
    });
  return (
    <DetailsPane label={text.details} name={endpointOf(peer)} onClose={onClose}>
      <div className={layout.actions}>
        <Button size="xs" variant="default" disabled={known === undefined} onClick={() => void drop()}>
          {text.drop}
        </Button>
      </div>
      <section>
        <h3>{text.why}</h3>
        <WhyPanel path={`peers/${peer.id}`} />
      </section>
      <section>
        <h3>{text.details}</h3>
        <dl className={parts.facts}>
          <dt>{text.peerColumns.network}</dt>
          <dd>{messages.networkNames[peer.network]}</dd>
          <dt>{text.peerColumns.state}</dt>
          <dd>
            {known === undefined ? text.gone : text.peerStates[peer.state]},{" "}
            {peer.inbound ? text.inbound : text.outbound}
          </dd>
          <dt>{text.peerColumns.role}</dt>
          <dd>
            <PeerText text={peer.role} />
          </dd>
          <dt>{text.peerColumns.vendor}</dt>
          <dd>
            <PeerText text={peer.vendor} />
          </dd>
          <dt>{text.peerColumns.age}</dt>
          <dd className="number">{duration(peer.ageMs)}</dd>
          <dt>{text.columns.messages}</dt>
          <dd className="number">{text.messagesInOut(peer.messagesIn, peer.messagesOut)}</dd>
          <dt>{text.columns.bytes}</dt>
          <dd className="number">
            {size(peer.bytesIn)} / {size(peer.bytesOut)}
          </dd>
        </dl>
      </section>
    </DetailsPane>
  );
}
