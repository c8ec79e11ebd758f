#include "integrations/console/form_html.hpp"

namespace console {

using text::Html;

namespace {

void hidden(Html& html, const char* name, const std::string& value) {
  html.single("input", {{"type", "hidden"}, {"name", name}, {"value", value}});
}

std::string id_of(const bot::Field& field) {
  std::string out = "f-";
  for (const char c : field.arg) out += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '-';
  return out;
}

/// Components share one fault: "component" is about whichever of their fields comes first.
bool is_wrong(const bot::Field& field, const FormDrawing& drawing) {
  return !drawing.wrong_field.empty() && field.arg == drawing.wrong_field;
}

bool has_field(const bot::Form& form, const std::string& arg) {
  for (const auto& field : form.fields)
    if (field.arg == arg) return true;
  return false;
}

/// What describes the input for those who hear it: the fault first, then the hint.
std::string described_by(const bot::Field& field, bool wrong) {
  const std::string id = id_of(field);
  return (wrong ? id + "-wrong" : std::string{}) + (wrong && !field.hint.empty() ? " " : "") + (field.hint.empty() ? "" : id + "-hint");
}

void add_choice(Html& html, const bot::Field& field, const std::string& value, bool wrong) {
  html.open("select", {{"id", id_of(field)},
                       {"name", "arg:" + field.arg},
                       {"aria-describedby", described_by(field, wrong)},
                       {"aria-invalid", wrong ? "true" : "false"}});
  if (value.empty()) html.element("option", "Choose", {{"value", ""}});
  for (const auto& choice : field.choices) {
    if (choice.value == value) html.element("option", choice.label, {{"value", choice.value}, {"selected", ""}});
    else html.element("option", choice.label, {{"value", choice.value}});
  }
  html.close();
}

void add_input(Html& html, const bot::Field& field, const std::string& value, bool wrong) {
  const std::string described = described_by(field, wrong), invalid = wrong ? "true" : "false", required = field.required ? "true" : "false";
  if (field.kind == bot::FieldKind::choice) return add_choice(html, field, value, wrong);
  if (field.kind == bot::FieldKind::text) {
    html.open("textarea", {{"id", id_of(field)},
                           {"name", "arg:" + field.arg},
                           {"rows", "5"},
                           {"spellcheck", "true"},
                           {"aria-required", required},
                           {"aria-describedby", described},
                           {"aria-invalid", invalid}});
    html.text(value).close();
    return;
  }
  html.single("input", {{"id", id_of(field)},
                        {"name", "arg:" + field.arg},
                        {"type", "text"},
                        {"value", value},
                        {"autocomplete", "off"},
                        {"list", field.kind == bot::FieldKind::person ? "f-people" : ""},
                        {"aria-required", required},
                        {"aria-describedby", described},
                        {"aria-invalid", invalid}});
}

void add_field(Html& html, const bot::Field& field, const FormDrawing& drawing) {
  const auto sent = drawing.values.find(field.arg);
  const bool wrong = is_wrong(field, drawing);
  html.open("div", {{"class", wrong ? "field wrong" : "field"}});
  html.open("label", {{"for", id_of(field)}}).text(field.label);
  if (!field.required) html.element("span", " (optional)", {{"class", "dim"}});
  html.close();
  if (wrong) html.element("p", drawing.wrong, {{"id", id_of(field) + "-wrong"}, {"class", "fault"}, {"role", "alert"}});
  add_input(html, field, sent == drawing.values.end() ? field.initial : sent->second, wrong);
  if (!field.hint.empty()) html.element("p", field.hint, {{"id", id_of(field) + "-hint"}, {"class", "dim"}});
  html.close();
}

void add_people(Html& html, const bot::People& people) {
  html.open("datalist", {{"id", "f-people"}});
  for (const auto& person : people.all()) html.element("option", person.name, {{"value", "@" + person.id}});
  html.close();
}

}  // namespace

void add_form(Html& html, const bot::Form& form, const FormDrawing& drawing, const bot::People& people) {
  html.open("form", {{"method", "post"}, {"action", "/console/forms"}, {"class", "asked"}, {"autocomplete", "off"}});
  hidden(html, "form_token", drawing.form_token);
  hidden(html, "key", drawing.key);
  hidden(html, "back", drawing.back);
  hidden(html, "verb", form.verb);
  hidden(html, "incident", std::to_string(form.incident.value_or(0)));
  if (!drawing.wrong.empty() && !has_field(form, drawing.wrong_field)) html.element("p", drawing.wrong, {{"class", "fault"}, {"role", "alert"}});
  bool asks_for_people = false;
  for (const auto& field : form.fields) {
    add_field(html, field, drawing);
    asks_for_people |= field.kind == bot::FieldKind::person;
  }
  if (asks_for_people) add_people(html, people);
  html.open("p", {{"class", "buttons"}}).element("button", form.submit, {{"class", "button primary"}});
  html.element("a", "Cancel", {{"class", "button"}, {"href", drawing.back}, {"data-close", ""}}).close();
  html.close();
}

}  // namespace console
