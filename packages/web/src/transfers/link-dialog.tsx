// Adds a magnet, URN or link: shows first what it asks for.
import { Button, Modal, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { ApiProblem, call } from "../api/client.ts";
import { useStore } from "../api/store.ts";
import type { NewTransfer, ParsedLink } from "../api/shapes.ts";
import { useApp } from "../app-context.ts";
import { messages } from "../messages.ts";
import { useActions } from "../parts/actions.ts";
import layout from "../parts/layout.module.css";
import { PeerText } from "../parts/peer-text.tsx";
import { size } from "../text/format.ts";
import style from "./transfers.module.css";

const text = messages.transfers.link;

export function LinkDialog() {
  const { linkDialog } = useApp();
  const state = useStore(linkDialog);
  const close = () => linkDialog.set(undefined);
  return (
    <Modal opened={state !== undefined} onClose={close} title={text.title}>
      {state !== undefined && <LinkForm key={state.text} initial={state.text} onDone={close} />}
    </Modal>
  );
}

function LinkForm({ initial, onDone }: { readonly initial: string; readonly onDone: () => void }) {
  const actions = useActions();
  const [link, setLink] = useState(initial);
  const [found, setFound] = useState<ParsedLink>();
  const [problem, setProblem] = useState<ApiProblem>();

  const look = async (typed: string) => {
    setProblem(undefined);
    try {
      setFound(await call<ParsedLink>("POST", "transfers/parse", { body: { text: typed.trim() } }));
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
    }
  };
  useEffect(() => {
    if (initial !== "") void look(initial);
  }, [initial]);

  return (
    <form
      className={style.link}
      onSubmit={(event) => {
        event.preventDefault();
        if (link.trim() === "") return;
        if (found === undefined) void look(link);
        else void actions.get(requestOf(link.trim())).then((done) => done && onDone());
      }}
    >
      <TextInput
        data-autofocus
        label={text.label}
        placeholder={text.placeholder}
        value={link}
        onChange={(event) => {
          setLink(event.currentTarget.value);
          setFound(undefined);
          setProblem(undefined);
        }}
        error={problem === undefined ? undefined : `${problem.message} ${problem.hint}`}
        spellCheck={false}
        autoComplete="off"
        maxLength={8192}
      />
      {found !== undefined && (
        <div className={style.found} role="status">
          <strong>
            <PeerText text={found.name} />
          </strong>
          <div className={layout.soft}>
            {found.size === null ? text.sizeUnknown : size(found.size)} · {text.sources(found.sources.length)}
          </div>
          {found.urns.map((urn) => (
            <div key={urn} className={layout.mono}>
              <PeerText text={urn} />
            </div>
          ))}
        </div>
      )}
      <div className={style.buttons}>
        <Button variant="default" onClick={onDone}>
          {messages.cancel}
        </Button>
        <Button type="submit">{found === undefined ? text.look : text.get}</Button>
      </div>
    </form>
  );
}

function requestOf(link: string): NewTransfer {
  if (/^magnet:/i.test(link)) return { magnet: link };
  return /^urn:/i.test(link) ? { urn: link } : { link };
}
