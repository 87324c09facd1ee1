/** The part of node-pty that is used here. The package's own types go by another name, and it may not be installed. */
declare module "node-pty" {
  interface Terminal {
    readonly pid: number;
    write(text: string): void;
    onData(listener: (text: string) => void): void;
    onExit(listener: (exit: { readonly exitCode: number; readonly signal?: number }) => void): void;
  }
  interface SpawnOptions {
    readonly name: string;
    readonly cols: number;
    readonly rows: number;
    readonly env: NodeJS.ProcessEnv;
  }
  const pty: { spawn(file: string, args: readonly string[], options: SpawnOptions): Terminal };
  export default pty;
}
