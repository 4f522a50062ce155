// Shares a folder in two steps: name it, see exactly what others would see, then share.
import { Button, Modal, TextInput } from "@mantine/core";
import { useState } from "react";
import { ApiProblem, call } from "../api/client.ts";
import type { Share, SharePreview } from "../api/shapes.ts";
import { useApp } from "../app-context.ts";
import { messages } from "../messages.ts";
import { useActions } from "../parts/actions.ts";
import layout from "../parts/layout.module.css";
import { PeerText } from "../parts/peer-text.tsx";
import { size } from "../text/format.ts";
import style from "./library.module.css";

const text = messages.library.dialog;

interface AddShareDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function AddShareDialog({ isOpen, onClose }: AddShareDialogProps) {
  return (
    <Modal opened={isOpen} onClose={onClose} title={text.title} size="lg">
      {isOpen && <ShareForm onDone={onClose} />}
    </Modal>
  );
}

interface Wanted {
  readonly path: string;
  readonly as?: string;
}

function ShareForm({ onDone }: { readonly onDone: () => void }) {
  const { client, toasts } = useApp();
  const { attempt } = useActions();
  const [path, setPath] = useState("");
  const [alias, setAlias] = useState("");
  const [preview, setPreview] = useState<SharePreview>();
  const [problem, setProblem] = useState<ApiProblem>();
  const [isWorking, setWorking] = useState(false);
  const wanted: Wanted = { path: path.trim(), ...(alias.trim() === "" ? {} : { as: alias.trim() }) };

  const look = async () => {
    setWorking(true);
    setProblem(undefined);
    try {
      setPreview(await call<SharePreview>("POST", "shares/preview", { body: wanted }));
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
    } finally {
      setWorking(false);
    }
  };
  const share = () =>
    attempt(async () => {
      const added = await call<Share>("POST", "shares", { body: wanted });
      await client.invalidateQueries({ queryKey: ["shares"] });
      toasts.say(text.added, added.as);
      onDone();
    });

  return (
    <form
      className={style.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted.path === "") return;
        void (preview === undefined ? look() : share());
      }}
    >
      {preview === undefined ? (
        <>
          <TextInput
            data-autofocus
            label={text.path}
            description={text.pathNote}
            placeholder={text.pathPlaceholder}
            value={path}
            onChange={(event) => setPath(event.currentTarget.value)}
            error={problem === undefined ? undefined : `${problem.message} ${problem.hint}`}
            spellCheck={false}
            autoComplete="off"
          />
          <TextInput
            label={text.as}
            placeholder={path.split("/").findLast((part) => part !== "") ?? text.asPlaceholder}
            value={alias}
            onChange={(event) => setAlias(event.currentTarget.value)}
            maxLength={64}
            autoComplete="off"
          />
        </>
      ) : (
        <Preview preview={preview} />
      )}
      <div className={style.buttons}>
        <Button variant="default" onClick={() => (preview === undefined ? onDone() : setPreview(undefined))}>
          {preview === undefined ? messages.cancel : text.back}
        </Button>
        {preview === undefined ? (
          <Button type="submit" disabled={isWorking || wanted.path === ""}>
            {isWorking ? text.previewing : text.preview}
          </Button>
        ) : (
          <Button type="submit" disabled={preview.files === 0}>
            {text.share(preview.files)}
          </Button>
        )}
      </div>
    </form>
  );
}

function Preview({ preview }: { readonly preview: SharePreview }) {
  const files = messages.library.files(preview.files);
  return (
    <div className={style.preview} role="status">
      <p className={style.path}>
        <PeerText text={preview.path} />
      </p>
      <p className={style.willSee}>
        {preview.files === 0
          ? text.nothing
          : text.willSee(preview.truncated ? text.atLeast(files) : files, size(preview.bytes))}
      </p>
      {preview.largest.length > 0 && (
        <section>
          <h3>{text.largest}</h3>
          <ul className={layout.lines}>
            {preview.largest.map((file) => (
              <li key={file.path} className={layout.line}>
                <PeerText text={file.path} />
                <span>{size(file.size)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {preview.excluded.length > 0 && (
        <section>
          <h3>{text.excluded(preview.excluded.length)}</h3>
          <ul className={layout.lines}>
            {preview.excluded.map((entry) => (
              <li key={entry.path} className={layout.line}>
                <PeerText text={entry.path} />
                <span>
                  <PeerText text={entry.why} />
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
