/**
 * The one script. Without it every page works; with it, what is meant to be copied can be by a button, a file can be
 * dropped on its field, and whoever waits sees that something is done.
 */
export const SCRIPT = `"use strict";

for (const block of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy quiet";
  button.textContent = block.dataset.copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("code, output").textContent);
    button.textContent = block.dataset.copied;
    setTimeout(() => { button.textContent = block.dataset.copy; }, 2000);
  });
  block.append(button);
}

for (const form of document.querySelectorAll("form[data-busy]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    const button = event.submitter;
    if (!button) return;
    const words = button.textContent;
    // After the browser has taken what the form says.
    setTimeout(() => {
      button.classList.add("busy");
      button.textContent = form.dataset.busy;
    });
    // Who comes back by the browser's own button finds the form as he left it.
    addEventListener("pageshow", () => {
      delete form.dataset.sent;
      button.classList.remove("busy");
      button.textContent = words;
    }, { once: true });
  });
}

for (const field of document.querySelectorAll(".drop input[type=file]")) {
  const place = field.closest(".drop");
  for (const kind of ["dragover", "dragleave", "drop"]) {
    place.addEventListener(kind, (event) => {
      event.preventDefault();
      place.classList.toggle("over", kind === "dragover");
      if (kind === "drop") field.files = event.dataTransfer.files;
    });
  }
}

document.querySelector("#problem")?.focus();
`;
