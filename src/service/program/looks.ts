export interface ProgramLooks {
  readonly platform: NodeJS.Platform;
}
