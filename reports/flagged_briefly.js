"use strict";
// Lines say by number which choices of the filter are their application's: here it is written out, as flagged.js reads it.
{
  const form = document.getElementById("filters");
  for (const group of document.querySelectorAll("[data-of]")) {
    const places = group.dataset.of.split(" ");
    ["system", "department", "stage"].forEach((name, n) => {
      const { value } = form.elements[name].options[Number(places[n]) + 1];
      const lines = group.dataset.verdict ? [group] : group.querySelectorAll("[data-verdict]");
      for (const line of lines) line.dataset[name] = value;
    });
  }
}
