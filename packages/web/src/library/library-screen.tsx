// What we offer: one card for each shared folder.
import { Button } from "@mantine/core";
import { useState } from "react";
import { call } from "../api/client.ts";
import { useProblems, useShares } from "../api/queries.ts";
import { useStore } from "../api/store.ts";
import type { Share } from "../api/shapes.ts";
import { useApp } from "../app-context.ts";
import { messages } from "../messages.ts";
import { useActions } from "../parts/actions.ts";
import { Icon } from "../parts/icon.tsx";
import layout from "../parts/layout.module.css";
import { FileName, PeerText } from "../parts/peer-text.tsx";
import { Bar } from "../parts/state-word.tsx";
import { Empty, LoadError, Skeleton } from "../parts/states.tsx";
import { fullTime, since, size } from "../text/format.ts";
import { AddShareDialog } from "./add-share-dialog.tsx";
import style from "./library.module.css";

const text = messages.library;

export function LibraryScreen() {
  const { undoable } = useApp();
  const { data, error, refetch } = useShares();
  const leaving = useStore(undoable.leaving);
  const [isAdding, setAdding] = useState(false);
  const shares = (data?.items ?? []).filter(({ id }) => !leaving.has(id));
  const files = shares.reduce((sum, share) => sum + share.files, 0);
  const bytes = shares.reduce((sum, share) => sum + share.bytes, 0);
  return (
    <div className={layout.scroll}>
      <div className={layout.head}>
        <div className={layout.headTitle}>
          <h1>{text.title}</h1>
          {shares.length > 0 && <span className={layout.headNote}>{text.total(files, size(bytes))}</span>}
        </div>
        {shares.length > 0 && (
          <Button size="xs" leftSection={<Icon name="add" size={16} />} onClick={() => setAdding(true)}>
            {text.add}
          </Button>
        )}
      </div>
      {data === undefined && error === null && <Skeleton />}
      {error !== null && <LoadError error={error} isPartial={data !== undefined} onRetry={() => void refetch()} />}
      {data !== undefined && shares.length === 0 && (
        <Empty icon="library" title={text.emptyTitle} text={text.empty}>
          <Button onClick={() => setAdding(true)}>{text.add}</Button>
        </Empty>
      )}
      <ul className={style.cards}>
        {shares.map((share) => (
          <ShareCard key={share.id} share={share} />
        ))}
      </ul>
      <AddShareDialog isOpen={isAdding} onClose={() => setAdding(false)} />
    </div>
  );
}

function ShareCard({ share }: { readonly share: Share }) {
  const { client, undoable } = useApp();
  const { attempt } = useActions();
  const isIdle = share.progress.state === "idle";
  const act = (what: "scan" | "cancel") =>
    attempt(async () => {
      await call("POST", `shares/${share.id}/${what}`);
      await client.invalidateQueries({ queryKey: ["shares"] });
    });
  const remove = () =>
    undoable.start({
      ids: [share.id],
      text: text.removed,
      name: share.as,
      act: async (isLeaving) => {
        await call("DELETE", `shares/${share.id}`, { keepalive: isLeaving });
        await client.invalidateQueries({ queryKey: ["shares"] });
      },
    });
  return (
    <li className={style.card}>
      <div className={style.cardHead}>
        <h2>
          <PeerText text={share.as} />
        </h2>
        <span className={style.path}>
          <FileName name={share.path} />
        </span>
      </div>
      <p className={style.numbers}>
        <span>{text.files(share.files)}</span>
        <span>{size(share.bytes)}</span>
        {isIdle && (
          <span className={layout.soft} title={share.scannedAt === null ? undefined : fullTime(share.scannedAt)}>
            {share.scannedAt === null ? text.neverScanned : text.scanned(since(share.scannedAt))}
          </span>
        )}
      </p>
      {!isIdle && <Scan share={share} />}
      {!share.watched && share.watchNote !== "" && (
        <p className={style.watch}>
          {text.notWatched} <PeerText text={share.watchNote} />
        </p>
      )}
      {share.problems > 0 && <Problems share={share} />}
      <div className={layout.actions}>
        <Button size="xs" variant="default" onClick={() => void act(isIdle ? "scan" : "cancel")}>
          {isIdle ? text.scan : text.stopScan}
        </Button>
        <Button size="xs" variant="subtle" color="gray" onClick={remove}>
          {text.remove}
        </Button>
      </div>
    </li>
  );
}

function Scan({ share }: { readonly share: Share }) {
  const { state, filesFound, filesHashed, bytesHashed, bytesToHash, current } = share.progress;
  const isHashing = state === "hashing";
  const words = isHashing ? text.hashing(filesHashed, filesFound) : text.scanning(filesFound);
  return (
    <div className={style.scan}>
      <p>{words}</p>
      <Bar label={words} done={isHashing ? bytesHashed : 0} total={Math.max(1, bytesToHash)} tone="accent" />
      <p className={style.current}>
        <FileName name={current === "" ? "\u2026" : current} />
      </p>
    </div>
  );
}

function Problems({ share }: { readonly share: Share }) {
  const [isOpen, setOpen] = useState(false);
  const { data, error, refetch } = useProblems(share.id, isOpen);
  return (
    <details className={style.problems} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{text.problems(share.problems)}</summary>
      {error !== null && <LoadError error={error} onRetry={() => void refetch()} />}
      <ul className={layout.lines}>
        {data?.items.map((problem) => (
          <li key={`${problem.path} ${problem.code}`}>
            <div className={layout.line}>
              <PeerText text={problem.path} />
              <span>{text.problemCodes[problem.code]}</span>
            </div>
            <div className={`${layout.soft} ${layout.small}`}>
              <PeerText text={problem.text} />
            </div>
          </li>
        ))}
      </ul>
    </details>
  );
}
