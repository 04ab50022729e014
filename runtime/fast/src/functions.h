// Functions of one number that no processor has, written so that loops over numbers become vectors.
#pragma once

#include <cstdint>
#include <cstring>

namespace netc {

inline float within(float x, float most) {
  x = x > most ? most : x;
  return x < -most ? -most : x;
}

// A polynomial, the coefficient of the highest power first.
template <typename... Rest>
inline float polynomial(float x, float sum, Rest... rest) {
  ((sum = sum * x + rest), ...);
  return sum;
}

// Both are quotients of polynomials in x^2, of least largest error; further out they are 1 and -1 in float32. Rounding
// takes neither past 1, so that the root of 1 - y^2 is a number.
inline float hyperbolic_tangent(float given) {
  float x = within(given, 9.0f), s = x * x;
  float above = polynomial(s, -2.76076847742355e-16f, 2.00018790482477e-13f, -8.60467152213735e-11f,
                           5.12229709037114e-08f, 1.48572235717979e-05f, 6.37261928875436e-04f, 4.89352455891786e-03f);
  float below = polynomial(s, 1.19825839466702e-06f, 1.18534705686654e-04f, 2.26843463243900e-03f,
                           4.89352518554385e-03f);
  return within(x * above / below, 1.0f);
}

inline float error_function(float given) {
  float x = within(given, 4.0f), s = x * x;
  float above = polynomial(s, -2.72614225801306e-10f, 2.77068142495902e-08f, -2.10102402082508e-06f,
                           -5.69250639462346e-05f, -7.34990630326855e-04f, -2.95459980854025e-03f,
                           -1.60960333262415e-02f);
  float below = polynomial(s, -1.45660718464996e-05f, -2.13374055278905e-04f, -1.68282697438203e-03f,
                           -7.37332916720468e-03f, -1.42647390514189e-02f);
  return within(x * above / below, 1.0f);
}

inline float two_to(int32_t exponent) {
  int32_t bits = (exponent + 127) << 23;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// 2^n e^r with n the nearest to x / ln 2: e^r by its series, the power in two halves, each a number of float32.
inline float exponential(float given) {
  float x = given < 89.0f ? given : 89.0f;  // so is what is no number
  x = x > -104.0f ? x : -104.0f;
  float rounded = x * 1.44269504f + 12582912.0f, n = rounded - 12582912.0f;
  float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float y = polynomial(r, 1.0f / 5040, 1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1.0f, 1.0f);
  int32_t power = static_cast<int32_t>(n), half = power >> 1;
  y = y * two_to(half) * two_to(power - half);
  return given != given ? given : y;
}

inline float logistic(float x) { return 1 / (1 + exponential(-x)); }

}  // namespace netc
