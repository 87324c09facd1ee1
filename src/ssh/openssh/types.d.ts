/** The part of node-pty that is used here. The package's own types name it otherwise, and it may not be installed. */
declare module "node-pty" {
  interface Terminal {
    readonly pid: number;
    write(text: string): void;
    onData(listener: (text: string) => void): void;
    onExit(listener: (exit: { readonly exitCode: number; readonly signal?: number }) => void): void;
  }
  interface TerminalPair {
    readonly ptsName: string;
    readonly master: import("node:net").Socket;
    readonly slave: import("node:net").Socket;
  }
  interface SpawnOptions {
    readonly name: string;
    readonly cols: number;
    readonly rows: number;
    readonly env: NodeJS.ProcessEnv;
  }
  const pty: {
    spawn(file: string, args: readonly string[], options: SpawnOptions): Terminal;
    /** A terminal that no process has yet. Its own `kill` and `destroy` would signal process -1, which is every process: not to be called. */
    open(size: { readonly cols: number; readonly rows: number }): TerminalPair;
  };
  export default pty;
}
