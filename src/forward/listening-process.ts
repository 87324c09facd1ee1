/** A listening socket as the system lists it; whose it is costs more to find out. */
export interface Listener {
  readonly address: string;
  readonly findProcess: () => Promise<ListeningProcess | undefined>;
}

export interface ListeningProcess {
  readonly pid: number;
  readonly argv: string[];
  readonly user: string | null;
}
