import { CloseButton } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import { messages } from "../messages.ts";
import { useShortcuts } from "../shell/shortcuts.ts";
import style from "./layout.module.css";
import { PeerText } from "./peer-text.tsx";

interface DetailsPaneProps {
  readonly label: string;
  /** A name that may have come from a peer. */
  readonly name: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** What is known of one row: a pane at the side, a sheet where there is no room. */
export function DetailsPane({ label, name, onClose, children }: DetailsPaneProps) {
  const pane = useRef<HTMLElement>(null);
  useShortcuts({ Escape: onClose });
  useEffect(() => {
    const before = document.activeElement;
    // A sheet covers what had the focus.
    if (window.matchMedia("(width < 1200px)").matches) pane.current?.focus();
    return () => {
      if (document.activeElement === document.body && before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <aside className={style.details} aria-label={label} ref={pane} tabIndex={-1}>
      <div className={style.detailsHead}>
        <h2>
          <PeerText text={name} />
        </h2>
        <CloseButton aria-label={messages.close} onClick={onClose} />
      </div>
      <div className={style.detailsBody}>{children}</div>
    </aside>
  );
}
