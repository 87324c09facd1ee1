/** The two inner modules of ssh2 that we look at; ssh2 is pinned to one version because of them. */
declare module "ssh2/lib/protocol/crypto.js" {
  const crypto: { readonly bindingAvailable: boolean };
  export default crypto;
}

declare module "ssh2/lib/protocol/constants.js" {
  const constants: {
    readonly DEFAULT_KEX: readonly string[];
    readonly SUPPORTED_KEX: readonly string[];
    readonly DEFAULT_SERVER_HOST_KEY: readonly string[];
    readonly SUPPORTED_SERVER_HOST_KEY: readonly string[];
    readonly DEFAULT_CIPHER: readonly string[];
    readonly SUPPORTED_CIPHER: readonly string[];
    readonly DEFAULT_MAC: readonly string[];
    readonly SUPPORTED_MAC: readonly string[];
  };
  export default constants;
}
