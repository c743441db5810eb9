export type { ClientConfig } from "./client-schema.ts";
export { ConfigError } from "./config-error.ts";
export { formatAddress, type Address } from "./fields.ts";
export { clientConfigPath, loadClientConfig, loadServerConfig, SERVER_CONFIG_NAME } from "./load.ts";
export { isLoopback, knowsItsCallers, type ServerConfig } from "./server-schema.ts";
export { readClientTls, readTlsFiles, type TlsMaterial } from "./tls-files.ts";
export { clientConfigTemplate, serverConfigTemplate } from "./template.ts";
