// Sends the form of the form_post page on, so that the button need not be pressed.
document.forms[0].requestSubmit();
