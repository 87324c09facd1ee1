import { u8 } from "../wire.js";

/** RFC 4254, 9, and RFC 4253, 12. */
export const message = {
  ignore: 2,
  open: 90,
  openConfirmation: 91,
  openFailure: 92,
  windowAdjust: 93,
  data: 94,
  extendedData: 95,
  eof: 96,
  close: 97,
  request: 98,
  success: 99,
  failure: 100,
} as const;

/** A packet of the connection protocol, as it goes over a control socket (PROTOCOL.mux, MUX_C_PROXY): the length of its padding, which is none, the message's number and its body. */
export function packet(type: number, ...body: Buffer[]): Buffer {
  return Buffer.concat([u8(0), u8(type), ...body]);
}
