// Text that came from a peer: shown as text only, its direction kept to itself, hidden characters made visible.
import { visibleParts, visibleText } from "../text/visible-text.ts";
import style from "./parts.module.css";

export function PeerText({ text }: { readonly text: string }) {
  return (
    <bdi>
      {visibleParts(text).map((part, index) =>
        part.kind === "text" ? (
          part.text
        ) : (
          // oxlint-disable-next-line react/no-array-index-key -- The parts of one text never change places.
          <span key={index} className={style.mark}>
            {part.text}
          </span>
        ),
      )}
    </bdi>
  );
}

/** Characters kept at the end of a name that is cut: the extension and a little of what is before it. */
const TAIL = 9;
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** A file name on one line, cut in the middle where it does not fit, so that its extension stays. */
export function FileName({ name }: { readonly name: string }) {
  const title = visibleText(name);
  // Two halves of a line that runs the other way would stand in the wrong order.
  const letters = RIGHT_TO_LEFT.test(name) ? [name] : Array.from(name);
  const cut = letters.length > TAIL * 2 ? letters.length - TAIL : letters.length;
  return (
    <span className={style.fileName} title={title}>
      <span className={style.nameHead}>
        <PeerText text={letters.slice(0, cut).join("")} />
      </span>
      {cut < letters.length && (
        <span className={style.nameTail}>
          <PeerText text={letters.slice(cut).join("")} />
        </span>
      )}
    </span>
  );
}
