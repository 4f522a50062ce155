// What a person can do to the daemon, each with its effect on what the page shows.
import { useMemo } from "react";
import { call } from "../api/client.ts";
import type {
  AddedTransfer,
  Batch,
  BatchAction,
  BatchResult,
  Limits,
  LimitsChange,
  Network,
  NetworkId,
  NewSearch,
  NewTransfer,
  Search,
  Transfer,
} from "../api/shapes.ts";
import { type App, useApp } from "../app-context.ts";
import { messages } from "../messages.ts";

export type Actions = ReturnType<typeof createActions>;

export function useActions(): Actions {
  const app = useApp();
  return useMemo(() => createActions(app), [app]);
}

function createActions(app: App) {
  const { client, cache, toasts, undoable, router } = app;

  /** Does it; what fails is told. False: it failed. */
  const attempt = async (work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      toasts.fail(error);
      return false;
    }
  };

  const transfersChanged = (ids: readonly string[]) => {
    cache.refetchSoon(["system"]);
    for (const id of ids.slice(0, 1)) {
      void client.invalidateQueries({ queryKey: ["transfer", id] });
      void client.invalidateQueries({ queryKey: ["why", `transfers/${id}`] });
    }
    void client.invalidateQueries({ queryKey: ["transfers"] });
  };

  const batch = async (body: Batch, keepalive = false) => {
    const { failed, done } = await call<BatchResult>("POST", "transfers/batch", { body, keepalive });
    const [first] = failed;
    if (first !== undefined) toasts.say(messages.transfers.someFailed(failed.length, first.detail));
    transfersChanged([...done, ...(body.ids ?? [])]);
  };

  return {
    attempt,

    search: (request: NewSearch) =>
      attempt(async () => {
        const search = await call<Search>("POST", "searches", { body: request });
        await client.invalidateQueries({ queryKey: ["searches"] });
        router.go("search", search.id);
      }),

    searchAct: (id: string, act: "stop" | "again") =>
      attempt(async () => {
        const search = await call<Search>("POST", `searches/${id}/${act}`);
        await client.invalidateQueries({ queryKey: ["searches"] });
        if (search.id !== id) router.go("search", search.id);
        else void client.invalidateQueries({ queryKey: ["results", id] });
      }),

    get: (request: NewTransfer, isQuiet = false) =>
      attempt(async () => {
        const transfer = await call<AddedTransfer>("POST", "transfers", { body: request });
        cache.refetchSoon(["system"]);
        void client.invalidateQueries({ queryKey: ["transfers"] });
        void client.invalidateQueries({ queryKey: ["results"] });
        if (isQuiet) return;
        toasts.say(transfer.created ? messages.search.added : messages.search.already, transfer.name, {
          label: messages.search.show,
          run: () => router.go("transfers", transfer.id),
        });
      }),

    transferAct: (rows: readonly Transfer[], action: Exclude<BatchAction, "cancel" | "remove">) =>
      attempt(() => batch({ ids: rows.map(({ id }) => id), action })),

    allInState: (state: Transfer["state"], action: BatchAction) => attempt(() => batch({ state, action })),

    /** Cancels what goes on, forgets what has ended; both can be undone for ten seconds. */
    endTransfers(rows: readonly Transfer[]): void {
      for (const [action, group] of Object.entries(Object.groupBy(rows, ({ state }) => endingOf(state)))) {
        const ids = group.map(({ id }) => id);
        const text = action === "cancel" ? messages.transfers.willCancel : messages.transfers.willRemove;
        undoable.start({
          ids,
          text: text(ids.length),
          name: ids.length === 1 ? group[0]?.name : undefined,
          act: (isLeaving) => batch({ ids, action: action as BatchAction }, isLeaving),
        });
      }
    },

    setNetwork: (id: NetworkId, change: { enabled?: boolean; role?: string }) =>
      attempt(async () => {
        await call<Network>("PATCH", `networks/${id}`, { body: change });
        await client.invalidateQueries({ queryKey: ["networks"] });
        void client.invalidateQueries({ queryKey: ["system"] });
        cache.refetchSoon(["peers"]);
      }),

    setLimits: (change: LimitsChange) =>
      attempt(async () => {
        client.setQueryData(["limits"], await call<Limits>("PATCH", "limits", { body: change }));
      }),

    copy: (text: string) =>
      navigator.clipboard.writeText(text).then(
        () => toasts.say(messages.copied),
        () => toasts.say(messages.notCopied),
      ),
  };
}

const ENDED: ReadonlySet<Transfer["state"]> = new Set(["done", "failed", "cancelled"]);

export function hasEnded({ state }: Pick<Transfer, "state">): boolean {
  return ENDED.has(state);
}

function endingOf(state: Transfer["state"]): "cancel" | "remove" {
  return hasEnded({ state }) ? "remove" : "cancel";
}
