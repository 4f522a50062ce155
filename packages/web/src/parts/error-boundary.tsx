import { Component, type ReactNode } from "react";
import { Button } from "@mantine/core";
import { messages } from "../messages.ts";
import style from "./parts.module.css";

interface ErrorBoundaryProps {
  readonly children: ReactNode;
}

/** A fault of ours on one screen: says so, and leaves the rest of the page working. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { readonly error: Error | undefined }> {
  override state = { error: undefined };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    const error: Error | undefined = this.state.error;
    if (error === undefined) return this.props.children;
    return (
      <div className={style.failed} role="alert">
        <div>
          <strong>{messages.states.broken}</strong>
          <p>{String(error)}</p>
        </div>
        <Button size="compact-sm" variant="default" onClick={() => this.setState({ error: undefined })}>
          {messages.retry}
        </Button>
      </div>
    );
  }
}
