export { ConfigError } from "./config-error.ts";
export { formatAddress, type Address } from "./fields.ts";
export { clientConfigPath, loadClientConfig, loadServerConfig, SERVER_CONFIG_NAME } from "./load.ts";
export type { ServerConfig } from "./server-schema.ts";
export { clientConfigTemplate, serverConfigTemplate } from "./template.ts";
