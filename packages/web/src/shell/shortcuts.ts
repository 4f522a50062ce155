// Keys that work wherever one is. A screen registers its own while it is shown; the last one registered wins.
import { useEffect, useRef } from "react";
import { Store } from "../api/store.ts";
import { useApp } from "../app-context.ts";

/** By `event.key`, or two keys one after the other: `g t`. A handler that answers false lets others have the key. */
export type KeyMap = Readonly<Record<string, (event: KeyboardEvent) => boolean | undefined | void>>;

const SEQUENCE_MS = 1200;
const OFF_KEY = "servent.singleLetters";
/** Elements that use these keys themselves. */
const OWN_KEYS = "button, a, select, summary, [role=switch], [role=menuitem]";
const TYPING = "input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable=true]";

export class Shortcuts {
  /** Single letters can collide with screen readers and speech input, so they can be switched off. */
  readonly singleLetters = new Store(localStorage.getItem(OFF_KEY) !== "off");
  private readonly maps: KeyMap[] = [];
  private first = "";
  private firstAt = 0;

  constructor() {
    document.addEventListener("keydown", this.onKey);
  }

  setSingleLetters(isOn: boolean): void {
    localStorage.setItem(OFF_KEY, isOn ? "on" : "off");
    this.singleLetters.set(isOn);
  }

  add(map: KeyMap): () => void {
    this.maps.push(map);
    return () => void this.maps.splice(this.maps.indexOf(map), 1);
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (document.querySelector("[role=dialog][aria-modal=true]") !== null) return;
    if (target.closest(TYPING) !== null) return;
    if ((event.key === "Enter" || event.key === " ") && target.closest(OWN_KEYS) !== null) return;
    if (event.key.length === 1 && event.key !== " " && !this.singleLetters.value) return;
    const isSequence = this.first !== "" && event.timeStamp - this.firstAt < SEQUENCE_MS;
    const key = isSequence ? `${this.first} ${event.key}` : event.key;
    this.first = "";
    if (this.handle(key, event)) event.preventDefault();
    else if (!isSequence && this.maps.some((map) => Object.keys(map).some((name) => name.startsWith(`${key} `)))) {
      this.first = key;
      this.firstAt = event.timeStamp;
    }
  };

  private handle(key: string, event: KeyboardEvent): boolean {
    return this.maps.toReversed().some((map) => Object.hasOwn(map, key) && map[key]?.(event) !== false);
  }
}

/** Registers keys while the component is shown. The map may be a new one each time. */
export function useShortcuts(map: KeyMap): void {
  const { shortcuts } = useApp();
  const latest = useRef(map);
  useEffect(() => {
    latest.current = map;
  });
  const names = Object.keys(map).join("\n");
  useEffect(() => {
    const forward = names
      .split("\n")
      .map((key) => [key, (event: KeyboardEvent) => latest.current[key]?.(event)] as const);
    return shortcuts.add(Object.fromEntries(forward));
  }, [shortcuts, names]);
}
