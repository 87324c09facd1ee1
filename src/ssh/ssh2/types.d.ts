/** The two inner modules of ssh2 that we look at; ssh2 is pinned to one version because of them. */
declare module "ssh2/lib/protocol/crypto.js" {
  const crypto: { readonly bindingAvailable: boolean };
  export default crypto;
}

declare module "ssh2/lib/protocol/constants.js" {
  const constants: { readonly DEFAULT_SERVER_HOST_KEY: readonly string[] };
  export default constants;
}
