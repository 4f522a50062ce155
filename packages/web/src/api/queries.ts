// What the page asks the daemon for, by subject. Keys: ["system"], ["networks"], ["transfers", view], ["why", path], …
import { QueryClient, keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ApiProblem, type Query, call } from "./client.ts";
import type {
  FileGroup,
  Limits,
  Listed,
  Network,
  Peer,
  Search,
  Setting,
  Share,
  ShareProblem,
  System,
  Transfer,
  TransferState,
  Why,
} from "./shapes.ts";

/** Rates and totals are in no event; this is how often people notice. */
const SYSTEM_EVERY_MS = 3000;
const COUNTERS_EVERY_MS = 3000;
/** Messages and bytes of a running search, and hits beyond those the events tell of. */
const SEARCH_EVERY_MS = 2000;
/** A first screen of rows and some more, well below 200 kB. */
const TRANSFERS_PAGE = 200;
const PAGE_MAX = 1000;
/** More results than this are not fetched: a search ends at 2000 hits by default. */
const RESULTS_MAX = 5000;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // Events keep the data true, so it does not grow old by itself.
        staleTime: Number.POSITIVE_INFINITY,
        gcTime: 5 * 60_000,
        // The daemon is mostly on this machine: being offline says nothing about it.
        networkMode: "always",
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        retry: (failures, error) => failures < 2 && error instanceof ApiProblem && error.status === 503,
      },
      mutations: { networkMode: "always" },
    },
  });
}

export function useSystem() {
  return useQuery({
    queryKey: ["system"],
    queryFn: ({ signal }) => call<System>("GET", "system", { signal }),
    refetchInterval: SYSTEM_EVERY_MS,
  });
}

function usePlainList<T>(key: string, path: string, refetchInterval: number | false = false) {
  return useQuery({
    queryKey: [key],
    queryFn: ({ signal }) => call<Listed<T>>("GET", path, { query: { limit: PAGE_MAX }, signal }),
    refetchInterval,
  });
}

export const useNetworks = (isWatched = false) =>
  usePlainList<Network>("networks", "networks", isWatched && COUNTERS_EVERY_MS);
export const usePeers = (isWatched = false) => usePlainList<Peer>("peers", "peers", isWatched && COUNTERS_EVERY_MS);
export const useShares = () => usePlainList<Share>("shares", "shares");
export const useSettings = () => usePlainList<Setting>("settings", "settings");

export function useLimits() {
  return useQuery({ queryKey: ["limits"], queryFn: ({ signal }) => call<Limits>("GET", "limits", { signal }) });
}

export function useProblems(shareId: string, isEnabled: boolean) {
  return useQuery({
    queryKey: ["problems", shareId],
    queryFn: ({ signal }) =>
      call<Listed<ShareProblem>>("GET", `shares/${shareId}/problems`, { query: { limit: PAGE_MAX }, signal }),
    enabled: isEnabled,
  });
}

export function useSearches() {
  return useQuery({
    queryKey: ["searches"],
    queryFn: ({ signal }) => call<Listed<Search>>("GET", "searches", { signal }),
    refetchInterval: ({ state }) =>
      (state.data?.items.some((search) => search.state === "running") ?? false) && SEARCH_EVERY_MS,
  });
}

/** All results of a search that the filter lets through; order is the table's business. */
export function useResults(searchId: string, filter: string) {
  return useQuery({
    queryKey: ["results", searchId, filter],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const rows: FileGroup[] = [];
      let cursor: string | undefined;
      do {
        const query: Query = { limit: PAGE_MAX, cursor, filter: filter === "" ? undefined : filter };
        const page = await call<Listed<FileGroup>>("GET", `searches/${searchId}/results`, { query, signal });
        rows.push(...page.items);
        cursor = page.next ?? undefined;
      } while (cursor !== undefined && rows.length < RESULTS_MAX);
      return rows as readonly FileGroup[];
    },
  });
}

export interface TransferListView {
  readonly direction: "down" | "up";
  readonly state: TransferState | undefined;
  /** `-rate,name`; the daemon's own order where absent. */
  readonly sort: string | undefined;
}

export function useTransferList(view: TransferListView) {
  return useInfiniteQuery({
    queryKey: ["transfers", view],
    queryFn: ({ pageParam, signal }) => {
      const query: Query = { ...view, limit: TRANSFERS_PAGE, cursor: pageParam };
      return call<Listed<Transfer>>("GET", "transfers", { query, signal });
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    // Lists that nobody looks at get no refetch, so they would be old when they come back.
    gcTime: 0,
  });
}

/** `path`: `transfers/t_1`. */
export function useWhy(path: string, isEnabled = true) {
  return useQuery({
    queryKey: ["why", path],
    queryFn: ({ signal }) => call<Why>("GET", `${path}/why`, { signal }),
    enabled: isEnabled,
    staleTime: 0,
  });
}
