import type { ForwardSpec } from "../config/tunnel-spec.js";
import type { Forward } from "./forward.js";
import { ForwardListener, type ListenerContext } from "./listener.js";
import { RemoteForward } from "./remote/remote-forward.js";

export interface ForwardContext extends ListenerContext {
  /** The name of the tunnel. */
  readonly tunnel: string;
}

export function makeForward(spec: ForwardSpec, context: ForwardContext): Forward {
  return spec.kind === "remote" ? new RemoteForward(spec, context) : new ForwardListener(spec, context);
}
