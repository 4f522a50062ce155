// Where one is: the fragment of the address, `#/transfers` or `#/search/s_12`. Survives a reload.
import { Store, useStore } from "../api/store.ts";

export const SCREENS = ["search", "transfers", "library", "networks", "settings"] as const;
export type Screen = (typeof SCREENS)[number];

export interface Place {
  readonly screen: Screen;
  /** What on that screen: the id of a search. */
  readonly id: string | undefined;
}

export class Router {
  readonly place: Store<Place>;

  constructor() {
    this.place = new Store(parsePlace(window.location.hash));
    window.addEventListener("hashchange", () => {
      const place = parsePlace(window.location.hash);
      const { screen, id } = this.place.value;
      if (place.screen !== screen || place.id !== id) this.place.set(place);
    });
  }

  go(screen: Screen, id?: string): void {
    window.location.hash = placeHash(screen, id);
  }
}

export function placeHash(screen: Screen, id?: string): string {
  return id === undefined ? `#/${screen}` : `#/${screen}/${encodeURIComponent(id)}`;
}

export function parsePlace(hash: string): Place {
  const [screen, id] = hash.replace(/^#\/?/, "").split("/");
  const known = SCREENS.find((name) => name === screen);
  return { screen: known ?? "search", id: known === undefined || !id ? undefined : decode(id) };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

export function usePlace(router: Router): Place {
  return useStore(router.place);
}
