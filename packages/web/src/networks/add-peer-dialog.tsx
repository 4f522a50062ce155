import { Button, Modal, TextInput } from "@mantine/core";
import { useState } from "react";
import { call } from "../api/client.ts";
import type { Network, NetworkId } from "../api/shapes.ts";
import { useApp } from "../app-context.ts";
import { messages } from "../messages.ts";
import { useActions } from "../parts/actions.ts";
import { hasServers } from "./has-servers.ts";
import style from "./networks.module.css";

const text = messages.networks;
const ADDRESS = /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}:\d{1,5}$/;
/** An address, behind TLS perhaps and known by its certificate's fingerprint, or a redirector's. The daemon looks closer. */
const SERVER = /^(?:(?:tls|redirect):)?[A-Za-z0-9][A-Za-z0-9.-]{0,252}:\d{1,5}(?:#[0-9A-Fa-f:]+)?$/;

interface AddPeerDialogProps {
  /** Undefined: closed. */
  readonly network: NetworkId | undefined;
  readonly onClose: () => void;
}

/** A first peer to ask, for a network that knows none. */
export function AddPeerDialog({ network, onClose }: AddPeerDialogProps) {
  return (
    <Modal
      opened={network !== undefined}
      onClose={onClose}
      title={network === undefined ? "" : text.bootstrapTitle(messages.networkNames[network], hasServers(network))}
    >
      {network !== undefined && <AddressForm network={network} onDone={onClose} />}
    </Modal>
  );
}

function AddressForm({ network, onDone }: { readonly network: NetworkId; readonly onDone: () => void }) {
  const { client, toasts } = useApp();
  const { attempt } = useActions();
  const [address, setAddress] = useState("");
  const [isTried, setTried] = useState(false);
  const peer = address.trim();
  const isServer = hasServers(network);
  const isGood = (isServer ? SERVER : ADDRESS).test(peer);
  const isBad = isTried && !isGood;
  const add = () =>
    attempt(async () => {
      await call<Network>("POST", `networks/${network}/bootstrap`, { body: { peers: [peer] } });
      await client.invalidateQueries({ queryKey: ["networks"] });
      toasts.say(text.bootstrapped);
      onDone();
    });
  return (
    <form
      className={style.form}
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (isGood) void add();
      }}
    >
      <TextInput
        data-autofocus
        label={text.bootstrapLabel}
        description={text.bootstrapNote(isServer)}
        placeholder={text.bootstrapPlaceholder(isServer)}
        value={address}
        onChange={(event) => setAddress(event.currentTarget.value)}
        error={isBad ? text.bootstrapBad : undefined}
        spellCheck={false}
        autoComplete="off"
      />
      <div className={style.buttons}>
        <Button variant="default" onClick={onDone}>
          {messages.cancel}
        </Button>
        <Button type="submit">{text.bootstrapAdd}</Button>
      </div>
    </form>
  );
}
