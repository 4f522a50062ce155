import type { ReactNode } from "react";
import style from "./parts.module.css";

export type Tone = "ok" | "accent" | "warn" | "bad" | "off" | "plain";

interface StateWordProps {
  readonly tone: Tone;
  readonly word: ReactNode;
  readonly title?: string | undefined;
  readonly isBusy?: boolean;
}

/** A dot and a word; the word alone says it all. */
export function StateWord({ tone, word, title, isBusy = false }: StateWordProps) {
  return (
    <span className={style.state} title={title}>
      <span className={style.dot} data-tone={tone} data-busy={isBusy} aria-hidden="true" />
      <span className={style.stateWord}>{word}</span>
    </span>
  );
}

interface BarProps {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly tone: Tone;
}

export function Bar({ label, done, total, tone }: BarProps) {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  return (
    <div
      className={style.bar}
      data-tone={tone}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(share * 100)}
    >
      <div className={style.barFill} style={{ width: `${share * 100}%` }} />
    </div>
  );
}
