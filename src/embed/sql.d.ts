/** A migration's text, carried inside the executable. */
declare module "*.sql" {
  const text: string;
  export default text;
}
