// Finds the number whose SHA-256 after the salt is the challenge (the proof of work of altcha.org).
onmessage = async ({ data: { salt, challenge, atMost } }) => {
  const text = new TextEncoder();
  const wanted = Uint8Array.from(challenge.match(/../g), (pair) => parseInt(pair, 16));
  for (let number = 0; number <= atMost; number += 1) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text.encode(salt + number)));
    if (digest.every((byte, place) => byte === wanted[place])) {
      postMessage(String(number));
      return;
    }
  }
};
