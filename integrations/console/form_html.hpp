// A verb's neutral form as HTML: labels, hints, what stands in the fields, and the words of a refusal beside the field they are about.
// Place: forms.cpp, for the dialog and for the page without JavaScript. Pure.
#pragma once

#include <map>

#include "bot/form.hpp"
#include "bot/people.hpp"
#include "integrations/text/html.hpp"

namespace console {

struct FormDrawing {
  std::string form_token, key, back;
  std::map<std::string, std::string> values;  ///< by argument: what was sent; absent: the field's initial value
  std::string wrong_field, wrong;             ///< a refusal and the argument it is about; "" = the form as a whole
};

void add_form(text::Html& html, const bot::Form& form, const FormDrawing& drawing, const bot::People& people);

}  // namespace console
