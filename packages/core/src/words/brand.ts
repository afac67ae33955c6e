declare const brand: unique symbol;

/** A string that has passed a check, so that an unchecked one cannot take its place. */
export type Brand<Text, Name extends string> = Text & { readonly [brand]: Name };
