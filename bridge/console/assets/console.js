"use strict";

// A form that is sent stays sent: a second click would wait for the same answer.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) return event.preventDefault();
  if (form.method === "post") form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// <section data-live="/console/…" data-every="5"> shows that fragment anew every 5 seconds while the page is seen.
async function refresh(part) {
  const answer = await fetch(part.dataset.live, { redirect: "manual", headers: { Accept: "text/html" } });
  if (answer.type === "opaqueredirect") return location.reload(); // signed out meanwhile
  part.toggleAttribute("data-stale", !answer.ok);
  if (answer.ok) part.innerHTML = await answer.text();
}
for (const part of document.querySelectorAll("[data-live]")) {
  setInterval(() => {
    if (!document.hidden) refresh(part).catch(() => part.toggleAttribute("data-stale", true));
  }, Number(part.dataset.every || 5) * 1000);
}

// <div data-goes-on> holds a form that is sent by itself: the next part of long work, until somebody leaves the page.
for (const part of document.querySelectorAll("[data-goes-on]")) {
  setTimeout(() => part.querySelector("form").requestSubmit(), 1500);
}
