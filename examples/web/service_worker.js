// Without a network the page is what it was with one: each answer is kept, and given where there is no newer one.

const opened = caches.open("keras_rnn");

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && event.request.url.startsWith(location.origin)) event.respondWith(answer(event));
});

async function answer(event) {
  const cache = await opened;
  const kept = await cache.match(event.request);
  try {
    const response = await fetch(event.request);
    const tag = response.headers.get("ETag");
    const same = tag && tag === kept?.headers.get("ETag");
    if (response.ok && !same) event.waitUntil(cache.put(event.request, response.clone()));
    return response;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}
