// Two videos under one divider: `after` leads and `before` follows, within half a frame.
"use strict";
for (const article of document.querySelectorAll("article")) {
  const find = (name) => article.querySelector(name);
  const stage = find(".stage");
  const copy = find(".copy");
  if (copy) copy.addEventListener("click", async () => {
    const code = find(".recipe code");
    try { await navigator.clipboard.writeText(code.textContent); copy.textContent = "Copied"; }
    catch { getSelection().selectAllChildren(code); copy.textContent = "Press Ctrl+C"; }
    setTimeout(() => { copy.textContent = "Copy"; }, 2000);
  });
  if (!stage) continue;
  const after = find(".after"), before = find(".before"), play = find(".play");
  const seek = find(".seek"), split = find(".split"), time = find(".time"), old = find(".old-sound");
  const frame = 1 / Number(article.dataset.rate);
  const ended = () => Number.isFinite(before.duration) && after.currentTime >= before.duration - frame / 2;

  const follow = () => {
    if (ended()) { before.pause(); return; }
    const slip = before.currentTime - after.currentTime;
    if (Math.abs(slip) > frame / 2) {
      // A little slip is run off while it plays; a jump would show.
      if (after.paused || Math.abs(slip) > 4 * frame) before.currentTime = after.currentTime;
      else before.playbackRate = 1 - Math.max(-0.5, Math.min(0.5, slip / (4 * frame)));
    } else before.playbackRate = 1;
    if (!after.paused && before.paused) before.play().catch(() => {});
  };
  const show = () => {
    const t = after.currentTime;
    seek.value = t;
    time.textContent = `${Math.floor(t / 60)}:${(t % 60).toFixed(1).padStart(4, "0")}`;
  };
  const loop = () => { follow(); show(); if (!after.paused) requestAnimationFrame(loop); };

  const start = async () => {
    for (const video of document.querySelectorAll("video.after")) if (video !== after) video.pause();
    before.currentTime = Math.min(after.currentTime, before.duration || after.currentTime);
    await Promise.all([after.play(), ended() ? null : before.play()]);
    loop();
  };
  // Nothing is loaded before somebody wants to see it.
  const wake = () => { for (const video of [after, before]) video.preload = "auto"; };
  const go = (t) => { wake(); after.currentTime = Math.max(0, Math.min(t, after.duration || t)); show(); };
  const step = (count) => { after.pause(); go((Math.round(after.currentTime / frame - 0.5) + count + 0.5) * frame); };

  play.addEventListener("click", () => { if (after.paused) start().catch(() => {}); else after.pause(); });
  for (const [name, pressed] of [["play", true], ["pause", false]]) {
    after.addEventListener(name, () => {
      play.textContent = pressed ? "Pause" : "Play";
      play.setAttribute("aria-pressed", pressed);
      if (!pressed) { before.pause(); before.playbackRate = 1; follow(); }
    });
  }
  before.addEventListener("loadedmetadata", follow);
  after.addEventListener("seeked", () => { follow(); show(); });
  after.addEventListener("ended", () => before.pause());
  seek.addEventListener("input", () => go(Number(seek.value)));
  split.addEventListener("input", () => stage.style.setProperty("--split", `${split.value}%`));
  find(".back").addEventListener("click", () => step(-1));
  find(".on").addEventListener("click", () => step(1));
  if (old) old.addEventListener("change", () => { before.muted = !old.checked; after.muted = old.checked; });
  for (const button of article.querySelectorAll(".jump"))
    button.addEventListener("click", () => { go(Number(button.dataset.at) + frame / 2); stage.scrollIntoView({ block: "nearest" }); });
  article.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("button, summary, a, pre, audio")) return;
    if (event.key === " ") { event.preventDefault(); play.click(); }
    else if (event.key === ",") step(-1);
    else if (event.key === ".") step(1);
  });
}
