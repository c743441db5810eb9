/** A store can't be used as it is set up; the message says what to do about it. */
export class SettingError extends Error {
  override readonly name = "SettingError";
  /** The setting to look at, as people write it in a configuration. */
  readonly setting: string;

  constructor(setting: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.setting = setting;
  }
}
