// Starts the page: builds what it shares, takes the login code out of the address, draws.
import "@mantine/core/styles/baseline.css";
import "@mantine/core/styles/default-css-variables.css";
import "@mantine/core/styles/global.css";
import "@mantine/core/styles/UnstyledButton.css";
import "@mantine/core/styles/VisuallyHidden.css";
import "@mantine/core/styles/Button.css";
import "@mantine/core/styles/ActionIcon.css";
import "@mantine/core/styles/CloseButton.css";
import "@mantine/core/styles/Loader.css";
import "@mantine/core/styles/Input.css";
import "@mantine/core/styles/InlineInput.css";
import "@mantine/core/styles/Switch.css";
import "@mantine/core/styles/Paper.css";
import "@mantine/core/styles/Overlay.css";
import "@mantine/core/styles/Popover.css";
import "@mantine/core/styles/ModalBase.css";
import "@mantine/core/styles/Modal.css";
import "@mantine/core/styles/Tooltip.css";
import "./theme.css";
import { MantineProvider, Modal, Switch, createTheme } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createApp } from "./app.ts";
import { AppContext } from "./app-context.ts";
import { messages } from "./messages.ts";
import { Gate } from "./shell/gate.tsx";
import { takeLoginCode } from "./shell/login-code.ts";

const code = takeLoginCode();
const app = createApp();

// Mantine wants ten shades; the page reads its colours from theme.css.
const shade = "var(--accent-strong)";
const theme = createTheme({
  colors: { accent: [shade, shade, shade, shade, shade, shade, shade, shade, shade, shade] },
  primaryColor: "accent",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Switch: Switch.extend({ defaultProps: { withThumbIndicator: false } }),
    Modal: Modal.extend({
      defaultProps: {
        // Locking would write a style element, and the page itself never scrolls.
        lockScroll: false,
        overlayProps: { backgroundOpacity: 0.4 },
        closeButtonProps: { "aria-label": messages.close },
      },
    }),
  },
});

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root.");
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <QueryClientProvider client={app.client}>
        <AppContext value={app}>
          <Gate code={code} />
        </AppContext>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
