// Security keys (WebAuthn): asks the server for a challenge, the browser for the key, and sends its answer back.
// <form data-key="show|new" data-at="/address/"> with a button, an optional input "name" and an element [role=alert].
(function () {
  "use strict";

  function toBytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (sign) { return sign.charCodeAt(0); });
  }

  function toText(buffer) {
    var plain = Array.from(new Uint8Array(buffer), function (byte) { return String.fromCharCode(byte); }).join("");
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  // The browser wants bytes where JSON has letters; Chromium 109 does not convert by itself.
  function asAsked(options) {
    var asked = options.publicKey;
    asked.challenge = toBytes(asked.challenge);
    if (asked.user) asked.user.id = toBytes(asked.user.id);
    (asked.excludeCredentials || asked.allowCredentials || []).forEach(function (one) { one.id = toBytes(one.id); });
    return { publicKey: asked };
  }

  function asSaid(credential) {
    var said = {};
    ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"].forEach(function (name) {
      if (credential.response[name]) said[name] = toText(credential.response[name]);
    });
    return {
      id: credential.id, rawId: toText(credential.rawId), type: credential.type, response: said,
      clientExtensionResults: {}
    };
  }

  function send(form, body) {
    return fetch(form.dataset.at, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
      body: JSON.stringify(body)
    }).then(function (answer) {
      return answer.json().then(function (said) {
        if (!answer.ok) throw new Error(said.message);
        return said;
      });
    });
  }

  function complain(form, text) {
    var place = form.querySelector("[role=alert]");
    place.textContent = text;
    place.hidden = false;
    form.querySelector("button").disabled = false;
  }

  function ask(form) {
    form.querySelector("button").disabled = true;
    form.querySelector("[role=alert]").hidden = true;
    var isNew = form.dataset.key === "new";
    send(form, {}).then(function (options) {
      if (options.next) { window.location.assign(options.next); return new Promise(function () {}); }
      var asked = asAsked(options);
      return isNew ? navigator.credentials.create(asked) : navigator.credentials.get(asked);
    }).then(function (credential) {
      return send(form, { answer: asSaid(credential), name: form.elements.name ? form.elements.name.value : "" });
    }).then(function (said) {
      window.location.assign(said.next);
    }).catch(function (error) {
      // The browser's own errors are in its own words; a person needs to know only that nothing came.
      complain(form, error.name === "Error" ? error.message : form.dataset.nothing);
    });
  }

  document.addEventListener("submit", function (event) {
    if (!event.target.dataset.key) return;
    event.preventDefault();
    if (window.PublicKeyCredential) ask(event.target);
    else complain(event.target, event.target.dataset.nothing);
  });
})();
