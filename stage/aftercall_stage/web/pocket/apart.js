// Four phones stand on one page, and each acts on itself alone. Else what a visitor types on one phone lands on another as soon as that one
// shows something new, and is lost; and each letter that comes scrolls the whole stage to its phone.
{ const { focus } = HTMLElement.prototype;
  const { scrollIntoView } = Element.prototype;
  HTMLElement.prototype.focus = function here(how) {
    if (document.hasFocus()) focus.call(this, how);
  };
  Element.prototype.scrollIntoView = function here(how) {
    scrollIntoView.call(this, { ...how, container: 'nearest' });
  };
}
