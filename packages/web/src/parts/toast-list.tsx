import { Button, CloseButton } from "@mantine/core";
import { useStore } from "../api/store.ts";
import { messages } from "../messages.ts";
import { PeerText } from "./peer-text.tsx";
import style from "./parts.module.css";
import type { Toasts } from "./toasts.ts";

export function ToastList({ toasts }: { readonly toasts: Toasts }) {
  const list = useStore(toasts.list);
  return (
    <div className={style.toasts} role="status" aria-live="polite">
      {list.map((toast) => (
        <div key={toast.id} className={style.toast} data-tone={toast.tone}>
          <div className={style.toastText}>
            <div className={style.toastSentence}>
              {toast.text}
              {toast.name !== undefined && <PeerText text={toast.name} />}
            </div>
            {toast.hint !== undefined && toast.hint !== "" && <div className={style.toastHint}>{toast.hint}</div>}
            {toast.code !== undefined && <code className={style.code}>{toast.code}</code>}
          </div>
          {toast.action !== undefined && (
            <Button
              size="compact-sm"
              variant="light"
              onClick={() => {
                toast.action?.run();
                toasts.dismiss(toast.id);
              }}
            >
              {toast.action.label}
            </Button>
          )}
          <CloseButton size="sm" aria-label={messages.close} onClick={() => toasts.dismiss(toast.id)} />
        </div>
      ))}
    </div>
  );
}
