/** RFC 3986: `A-Za-z0-9-_.~` stay, every other byte of the UTF-8 text becomes `%XX` in upper case, a space `%20`. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Decodes what is validly encoded and no ASCII; `%20` stays `%20`. */
export function decodeBeyondAscii(text: string): string {
  return text.replace(/(?:%[89a-f][0-9a-f])+/gi, percentDecode);
}

/** Decodes what is validly encoded and leaves the rest as it stands: a path that arrives decoded already, or broken, never throws. */
export function percentDecode(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}
