import type { Output } from "../cli/output.js";
export async function runDemo(output: Output): Promise<boolean> {
  output.answer("todo");
  return true;
}
